#include "client/audit/audit_report.h"

#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "client/ops/ops_view.h"
#include "client/terminal/table.h"

namespace tally::client {
namespace {

using Align = Table::Align;
using Json = nlohmann::ordered_json;

// Each figure under its stable name.
std::vector<std::pair<const char*, int64_t>> Figures(const LaneEntry& entry) {
  return {{"written", entry.written},           {"published", entry.published},
          {"covered", entry.covered},           {"parked", entry.parked},
          {"letters_retrying", entry.retrying}, {"letters_dead", entry.dead},
          {"given_up", entry.given_up},         {"unpublished", entry.unpublished},
          {"missing", entry.missing},           {"lost", entry.lost}};
}

std::string Verdict(const LaneEntry& entry, bool delivering) {
  std::vector<std::string> parts;
  const auto add = [&](int64_t events, const char* what) {
    if (events > 0) parts.push_back(absl::StrCat(events, " ", what));
  };
  add(entry.lost, "lost by the producer");
  add(entry.missing, delivering ? "not covered yet" : "missing");
  add(entry.unpublished, "not published yet");
  add(entry.parked, "parked");
  add(entry.retrying, "not applied yet");
  add(entry.dead, "dead");
  return parts.empty() ? "matches" : absl::StrJoin(parts, ", ");
}

std::vector<std::string> Row(const std::string& name, const std::string& state,
                             const LaneEntry& entry, bool delivering) {
  return {name,
          state,
          absl::StrCat(entry.written),
          absl::StrCat(entry.published),
          absl::StrCat(entry.parked),
          absl::StrCat(entry.covered),
          absl::StrCat(entry.retrying + entry.dead),
          absl::StrCat(entry.given_up),
          absl::StrCat(entry.missing),
          Verdict(entry, delivering)};
}

std::string ShowLanes(const AuditReport& report) {
  Table table({Align::kLeft, Align::kLeft, Align::kRight, Align::kRight, Align::kRight,
               Align::kRight, Align::kRight, Align::kRight, Align::kRight, Align::kLeft});
  table.AddRow({"lane", "state", "written", "published", "parked", "covered", "letters", "given up",
                "missing", ""});
  for (const auto& [lane_id, entry] : report.lanes.entries()) {
    const char* state = !entry.known_to_producer ? "unknown" : entry.open ? "open" : "closed";
    table.AddRow(Row(lane_id, state, entry, report.delivering));
  }
  if (report.lanes.other_lanes() > 0) {
    table.AddRow(Row(absl::StrCat(report.lanes.other_lanes(), " other lanes"), "closed",
                     report.lanes.others(), report.delivering));
  }
  table.AddRow(Row("total", "", report.lanes.Total(), report.delivering));
  return table.ToString();
}

std::string ShowDays(const DayReport& days) {
  Table table({Align::kLeft, Align::kLeft, Align::kLeft, Align::kLeft, Align::kLeft});
  for (const auto& [day, difference] : days.differences) {
    const bool changing = difference.verdict == DayVerdict::kChanging;
    std::string until;
    if (difference.until.has_value()) {
      until = absl::FormatTime(changing ? "the 24 hours up to %H:%M match" : "24 hours up to %H:%M",
                               *difference.until, absl::UTCTimeZone());
    }
    table.AddRow({absl::FormatCivilTime(day), changing ? "changing" : "DIFFERS",
                  Describe(difference.orders), "counted " + Describe(difference.counted), until});
  }
  std::string text =
      absl::StrCat(days.matching, " days (UTC) match, ", days.differences.size(),
                   days.differences.empty() ? " differ\n" : " do not:\n", table.ToString());
  if (days.comparable_from != absl::CivilDay::min()) {
    absl::StrAppend(&text, days.not_comparable, " days before ",
                    absl::FormatCivilTime(days.comparable_from),
                    " are not comparable: orders were removed because of their age\n");
  }
  return text;
}

Json ToJson(const LaneEntry& entry) {
  Json json;
  for (const auto& [name, value] : Figures(entry)) json[name] = value;
  return json;
}

Json ToJson(const DayReport& days) {
  Json json = {{"matching", days.matching}, {"notComparable", days.not_comparable}};
  if (days.comparable_from != absl::CivilDay::min()) {
    json["comparableFrom"] = absl::FormatCivilTime(days.comparable_from);
  }
  json["differences"] = Json::array();
  for (const auto& [day, difference] : days.differences) {
    json["differences"].push_back(
        {{"date", absl::FormatCivilTime(day)},
         {"verdict", difference.verdict == DayVerdict::kChanging ? "changing" : "differs"},
         {"orders", Describe(difference.orders)},
         {"counted", Describe(difference.counted)}});
  }
  return json;
}

}  // namespace

bool AuditReport::Matches() const {
  return lanes.Total().matches() && (!days.has_value() || days->Matches());
}

std::string ShowAudit(const AuditReport& report) {
  std::string text = absl::StrCat(report.producer, " → ", report.consumer, "\n", ShowLanes(report));
  if (!report.ranges.missing_ranges().empty()) absl::StrAppend(&text, ShowMissing(report.ranges));
  if (report.days.has_value()) absl::StrAppend(&text, ShowDays(*report.days));
  absl::StrAppend(&text, report.Matches() ? "The halves match.\n" : "THE HALVES DIFFER.\n");
  return text;
}

std::string AuditToJson(const AuditReport& report) {
  Json json = {{"matches", report.Matches()}, {"producer", report.producer},
               {"consumer", report.consumer}, {"total", ToJson(report.lanes.Total())},
               {"lanes", Json::array()},      {"otherLanes", report.lanes.other_lanes()}};
  for (const auto& [lane_id, entry] : report.lanes.entries()) {
    Json lane = ToJson(entry);
    lane["laneId"] = lane_id;
    lane["open"] = entry.open;
    lane["verdict"] = Verdict(entry, report.delivering);
    json["lanes"].push_back(std::move(lane));
  }
  if (report.days.has_value()) json["days"] = ToJson(*report.days);
  return json.dump();
}

std::string AuditToMetrics(const AuditReport& report, absl::Time now) {
  std::string text = absl::StrCat(
      "# HELP tally_audit_matches 1 if the last audit found that both halves match.\n"
      "# TYPE tally_audit_matches gauge\n"
      "tally_audit_matches ",
      report.Matches() ? 1 : 0,
      "\n# HELP tally_audit_end_time_seconds When it ended, Unix time.\n"
      "# TYPE tally_audit_end_time_seconds gauge\n"
      "tally_audit_end_time_seconds ",
      absl::ToUnixSeconds(now),
      "\n# HELP tally_audit_events Events of all lanes, by what became of them.\n"
      "# TYPE tally_audit_events gauge\n");
  for (const auto& [name, value] : Figures(report.lanes.Total())) {
    absl::StrAppend(&text, "tally_audit_events{what=\"", name, "\"} ", value, "\n");
  }
  if (!report.days.has_value()) return text;
  int64_t differ = 0;
  for (const auto& [day, difference] : report.days->differences) {
    if (difference.verdict == DayVerdict::kDiffers) ++differ;
  }
  const int64_t changing = static_cast<int64_t>(report.days->differences.size()) - differ;
  absl::StrAppend(&text, "# HELP tally_audit_days Days, by what became of them.\n",
                  "# TYPE tally_audit_days gauge\n", "tally_audit_days{verdict=\"matches\"} ",
                  report.days->matching, "\ntally_audit_days{verdict=\"differs\"} ", differ,
                  "\ntally_audit_days{verdict=\"changing\"} ", changing,
                  "\ntally_audit_days{verdict=\"not_comparable\"} ", report.days->not_comparable,
                  "\n");
  return text;
}

}  // namespace tally::client
