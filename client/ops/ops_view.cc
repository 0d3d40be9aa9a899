#include "client/ops/ops_view.h"

#include <algorithm>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/strip.h"
#include "client/calls/messages.h"
#include "client/terminal/table.h"

namespace tally::client {
namespace {

using Align = Table::Align;
using ops::v1::Letter;
using ops::v1::MissingRange;
using ops::v1::ParkedEvent;

// "STATE_DEAD" → "dead".
std::string Word(absl::string_view enum_name) {
  if (!absl::ConsumePrefix(&enum_name, "STATE_")) absl::ConsumePrefix(&enum_name, "VERDICT_");
  return absl::AsciiStrToLower(enum_name);
}

template <typename Message>
std::string TimeOr(bool has, const Message& time, absl::string_view otherwise) {
  return has ? FormatTimestamp(time) : std::string(otherwise);
}

std::string ShowSettings(const google::protobuf::Map<std::string, std::string>& settings) {
  std::vector<std::string> shown;
  for (const auto& [name, value] : settings) shown.push_back(absl::StrCat(name, "=", value));
  std::sort(shown.begin(), shown.end());
  return absl::StrJoin(shown, " ");
}

void AddDatabase(const ops::v1::DatabaseStatus& database, Table& facts) {
  facts.AddRow({"database", absl::StrCat(database.kind(), " ", database.database_id())});
  facts.AddRow({"", absl::StrCat("a commit survives ", database.survives(), " (at least: ",
                                 database.minimum(), "): ", ShowSettings(database.durability()))});
}

void AddBus(const ops::v1::BusStatus& bus, Table& facts) {
  facts.AddRow({"bus", absl::StrCat(bus.connected() ? "connected" : "not connected",
                                    bus.server_version().empty() ? "" : ", nats-server ",
                                    bus.server_version())});
  if (bus.has_stream_create_time()) {
    facts.AddRow({"stream", absl::StrCat(bus.stream(), ": ", bus.stream_messages(), " messages, ",
                                         bus.stream_bytes(), " bytes, last sequence ",
                                         bus.stream_last_sequence())});
    facts.AddRow({"", absl::StrCat("created ", FormatTimestamp(bus.stream_create_time()), " ",
                                   ShowSettings(bus.durability()))});
  }
  for (const std::string& difference : bus.differences()) {
    facts.AddRow({"differs", difference});
  }
}

std::string ShowAlarms(const google::protobuf::RepeatedPtrField<ops::v1::Alarm>& alarms) {
  std::string text;
  for (const ops::v1::Alarm& alarm : alarms) {
    absl::StrAppend(&text, "ALARM ", alarm.name(),
                    alarm.has_start_time() ? " since " + FormatTimestamp(alarm.start_time()) : "",
                    ": ", alarm.detail(), "\n");
  }
  return text.empty() ? "no alarms\n" : text;
}

// What --details add below an entry.
template <typename Event>
std::string Details(const Event& event) {
  std::string text;
  for (const ops::v1::Header& header : event.headers()) {
    absl::StrAppend(&text, "    ", header.name(), ": ", header.value(), "\n");
  }
  if (!event.payload_json().empty()) {
    absl::StrAppend(&text, "    ", event.payload_json(), "\n");
  } else if (!event.payload().empty()) {
    absl::StrAppend(&text, "    ", absl::BytesToHexString(event.payload()), "\n");
  }
  return text;
}

// The table, with what --details add below each of its lines but the headings.
template <typename Events>
std::string WithDetails(const Table& table, const Events& events) {
  const std::vector<std::string> lines = table.Lines();
  std::string text = absl::StrCat(lines[0], "\n");
  for (int i = 0; i < events.size(); ++i) {
    absl::StrAppend(&text, lines[static_cast<size_t>(i) + 1], "\n", Details(events[i]));
  }
  return text;
}

std::string Ranges(const ops::v1::Watermark& watermark) {
  constexpr int kShown = 3;
  std::vector<std::string> shown;
  for (const ops::v1::CoveredRange& range : watermark.ranges()) {
    if (shown.size() == kShown) break;
    shown.push_back(absl::StrCat(range.first_sequence(), "-", range.last_sequence()));
  }
  const int64_t more = watermark.range_count() - static_cast<int64_t>(shown.size());
  return absl::StrCat(absl::StrJoin(shown, ","),
                      more > 0 ? absl::StrCat(" and ", more, " more") : "");
}

}  // namespace

std::string ShowStatus(const ops::v1::GetOutboxStatusResponse& status) {
  Table facts({Align::kLeft, Align::kLeft});
  facts.AddRow({"source", status.source()});
  facts.AddRow({"lanes", absl::StrCat(status.open_lanes(), " open, ", status.draining_lanes(),
                                      " closed and not yet published")});
  facts.AddRow({"unpublished", absl::StrCat(status.unpublished_events(),
                                            status.has_publish_lag()
                                                ? absl::StrCat(", the oldest for ",
                                                               status.publish_lag().seconds(), " s")
                                                : "")});
  facts.AddRow({"parked", absl::StrCat(status.parked_events())});
  facts.AddRow({"void", absl::StrCat(status.void_events())});
  AddDatabase(status.database(), facts);
  AddBus(status.bus(), facts);
  return absl::StrCat(facts.ToString(), ShowAlarms(status.alarms()));
}

std::string ShowStatus(const ops::v1::GetInboxStatusResponse& status) {
  Table facts({Align::kLeft, Align::kLeft});
  facts.AddRow({"consumer", status.consumer()});
  facts.AddRow(
      {"covered", absl::StrCat(status.covered_events(), " events of ", status.lanes(), " lanes")});
  facts.AddRow({"pending", status.has_pending_events()
                               ? absl::StrCat(status.pending_events(), " in the stream, ",
                                              status.unacknowledged_events(), " in hand")
                               : "not known"});
  facts.AddRow({"missing", absl::StrCat(status.missing_events())});
  facts.AddRow(
      {"letters", absl::StrCat(status.retrying_letters(), " retrying, ", status.dead_letters(),
                               " dead, ", status.discarded_letters(), " discarded")});
  facts.AddRow({"compared", TimeOr(status.has_last_healing_time(), status.last_healing_time(),
                                   "never with its producers")});
  for (const ops::v1::SourceStatus& source : status.sources()) {
    facts.AddRow(
        {"source",
         absl::StrCat(source.source(), ", database ", source.database_id(), ", answered ",
                      TimeOr(source.has_last_answer_time(), source.last_answer_time(), "never"),
                      source.other_database_id().empty() ? "" : "; now answers from ",
                      source.other_database_id())});
  }
  AddDatabase(status.database(), facts);
  AddBus(status.bus(), facts);
  return absl::StrCat(facts.ToString(), ShowAlarms(status.alarms()));
}

std::string ShowLanes(const ops::v1::ListLanesResponse& page) {
  Table table({Align::kLeft, Align::kLeft, Align::kRight, Align::kRight, Align::kRight,
               Align::kLeft, Align::kLeft});
  table.AddRow({"lane", "state", "head", "published", "trimmed", "opened", "published by"});
  for (const ops::v1::Lane& lane : page.lanes()) {
    table.AddRow({lane.lane_id(), Word(ops::v1::Lane::State_Name(lane.state())),
                  absl::StrCat(lane.head_sequence()), absl::StrCat(lane.published_through()),
                  absl::StrCat(lane.trimmed_through()), FormatTimestamp(lane.open_time()),
                  lane.lease_holder()});
  }
  return table.ToString();
}

std::string ShowParked(const ops::v1::ListParkedEventsResponse& page) {
  Table table({Align::kLeft, Align::kLeft, Align::kLeft, Align::kRight, Align::kRight, Align::kLeft,
               Align::kLeft});
  table.AddRow({"event", "state", "type", "bytes", "attempts", "since", "why"});
  for (const ParkedEvent& event : page.parked_events()) {
    const bool discarded = event.state() == ParkedEvent::STATE_VOID;
    table.AddRow({event.event_id(), Word(ParkedEvent::State_Name(event.state())), event.type(),
                  absl::StrCat(event.payload_bytes()), absl::StrCat(event.attempts()),
                  FormatTimestamp(event.change_time()),
                  absl::StrCat(discarded ? event.discard_reason() : event.error(),
                               event.outcome_unknown() ? "; the bus may have it" : "")});
  }
  return WithDetails(table, page.parked_events());
}

std::string ShowWatermarks(const ops::v1::ListWatermarksResponse& page) {
  Table table({Align::kLeft, Align::kLeft, Align::kRight, Align::kRight, Align::kRight,
               Align::kLeft, Align::kLeft});
  table.AddRow({"lane", "source", "through", "published", "letters", "since", "above it"});
  for (const ops::v1::Watermark& watermark : page.watermarks()) {
    table.AddRow(
        {watermark.lane_id(), watermark.source(), absl::StrCat(watermark.applied_through()),
         watermark.has_published_through() ? absl::StrCat(watermark.published_through()) : "?",
         absl::StrCat(watermark.letters()), FormatTimestamp(watermark.create_time()),
         Ranges(watermark)});
  }
  return table.ToString();
}

std::string ShowMissing(const ops::v1::ListMissingRangesResponse& page) {
  Table table({Align::kLeft, Align::kRight, Align::kLeft, Align::kLeft, Align::kLeft});
  table.AddRow({"range", "events", "verdict", "source", "since"});
  for (const MissingRange& range : page.missing_ranges()) {
    table.AddRow(
        {absl::StrCat(range.lane_id(), "/", range.first_sequence(), "-", range.last_sequence()),
         absl::StrCat(range.last_sequence() - range.first_sequence() + 1),
         Word(MissingRange::Verdict_Name(range.verdict())), range.source(),
         FormatTimestamp(range.notice_time())});
  }
  return table.ToString();
}

std::string ShowLetters(const ops::v1::ListLettersResponse& page) {
  Table table({Align::kLeft, Align::kLeft, Align::kLeft, Align::kRight, Align::kLeft, Align::kLeft,
               Align::kLeft});
  table.AddRow({"event", "state", "type", "attempts", "since", "next", "why"});
  for (const Letter& letter : page.letters()) {
    const bool discarded = letter.state() == Letter::STATE_DISCARDED;
    table.AddRow({letter.event_id(), Word(Letter::State_Name(letter.state())), letter.type(),
                  absl::StrCat(letter.attempts()), FormatTimestamp(letter.create_time()),
                  TimeOr(letter.has_next_attempt_time(), letter.next_attempt_time(), ""),
                  discarded ? letter.discard_reason() : letter.error()});
  }
  return WithDetails(table, page.letters());
}

}  // namespace tally::client
