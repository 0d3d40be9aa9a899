#include "tests/chaos/audit.h"

#include <algorithm>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "common/base/status_macros.h"
#include "tests/chaos/books.h"
#include "tests/e2e/database_query.h"
#include "tests/e2e/service_process.h"
#include "tests/e2e/tally.h"
#include "tests/testkit/eventually.h"

namespace tally::chaos {
namespace {

constexpr absl::Duration kCursorPatience = absl::Seconds(30);
constexpr absl::Duration kAuditPatience = absl::Seconds(120);
constexpr size_t kDifferencesShown = 10;

std::string ToText(const DaySum& day) {
  std::string text = absl::StrCat(day.created, " created, ", day.cancelled, " cancelled");
  for (const auto& [currency, cents] : day.created_cents) {
    absl::StrAppend(&text, ", ", cents, " cents of ", currency);
  }
  for (const auto& [currency, cents] : day.cancelled_cents) {
    absl::StrAppend(&text, ", -", cents, " cents of ", currency);
  }
  return text;
}

DaySum DayOf(const DaySums& days, const std::string& date) {
  const auto found = days.find(date);
  return found == days.end() ? DaySum() : found->second;
}

void CompareDay(const std::string& date, const DaySum& expected, const DaySum& counted,
                Findings& findings) {
  findings.counted += counted.created;
  if (expected == counted) return;
  const int64_t missing =
      expected.created + expected.cancelled - counted.created - counted.cancelled;
  findings.lost += std::max<int64_t>(missing, 0);
  findings.twice += std::max<int64_t>(-missing, 0);
  findings.differences.push_back(
      absl::StrCat(date, ": told ", ToText(expected), "; counted ", ToText(counted)));
}

Findings CompareDays(const DaySums& expected, const DaySums& counted) {
  Findings findings;
  std::set<std::string> dates;
  for (const auto& [date, day] : expected) dates.insert(date);
  for (const auto& [date, day] : counted) dates.insert(date);
  for (const std::string& date : dates) {
    CompareDay(date, DayOf(expected, date), DayOf(counted, date), findings);
  }
  return findings;
}

absl::Status CompareLanes(const Ledger& ledger, const Site& site, Findings& findings) {
  absl::StatusOr<Lanes> read;
  testkit::Eventually(kCursorPatience, [&] {  // A cursor follows what it tells of.
    read = ReadLanes(site.orders_database());
    return !read.ok() || read->unpublished == 0;
  });
  ASSIGN_OR_RETURN(const Lanes lanes, std::move(read));
  ASSIGN_OR_RETURN(const int64_t misplaced,
                   e2e::QueryNumber(site.orders_database(), "misplaced_events.sql"));
  const Ledger::Counts counts = ledger.counts();
  const int64_t events = counts.acknowledged + counts.cancelled;
  if (lanes.events == events && lanes.unpublished == 0 && lanes.of_no_order == 0 &&
      misplaced == 0) {
    return absl::OkStatus();
  }
  findings.differences.push_back(absl::StrCat(
      "the outbox has ", lanes.events, " events for ", events, " changes; ", lanes.unpublished,
      " are unpublished, ", lanes.of_no_order, " of no order, ", misplaced, " misplaced"));
  return absl::OkStatus();
}

absl::Status RunTallyAudit(const Site& site, Findings& findings) {
  ASSIGN_OR_RETURN(
      const e2e::Ended audit,
      e2e::RunToEnd({e2e::ProgramPath("tally"), "audit", "--deep", "--deadline=60s",
                     absl::StrCat("--orders=", site.order_addresses()[0].ToString()),
                     absl::StrCat("--activity=", site.activity_addresses()[0].ToString())},
                    kAuditPatience));
  if (audit.exit_code != 0) {
    findings.differences.push_back(absl::StrCat("tally audit: ", audit.out, audit.err));
  }
  return absl::OkStatus();
}

}  // namespace

Findings CompareStatistics(const Ledger& ledger, const Site& site) {
  Findings findings;
  if (const int64_t unknown = ledger.counts().unknown; unknown > 0) {
    findings.differences.push_back(absl::StrCat(unknown, " outcomes are unknown"));
    return findings;
  }
  const DaySums expected = ledger.Sums();
  for (const config::HostPort& address : site.activity_addresses()) {
    const absl::StatusOr<Statistics> statistics = ReadStatistics(address);
    if (!statistics.ok()) {
      findings.differences.push_back(
          absl::StrCat("activity_service does not answer: ", statistics.status().message()));
      return findings;
    }
    findings = CompareDays(expected, statistics->days);
    if (statistics->not_counted > 0) {
      findings.differences.push_back(
          absl::StrCat(statistics->not_counted, " events are called missing, parked or letters"));
    }
    if (!findings.differences.empty()) return findings;
  }
  return findings;
}

absl::StatusOr<Findings> AuditEverything(const Ledger& ledger, const Site& site) {
  Findings findings = CompareStatistics(ledger, site);
  ASSIGN_OR_RETURN(const std::vector<StoredOrder> stored, ReadStore(site.orders_database()));
  const Ledger::Comparison comparison = ledger.CompareWith(stored);
  findings.lost += comparison.lost;
  findings.twice += comparison.twice + comparison.unasked;
  const size_t shown = std::min(comparison.differences.size(), kDifferencesShown);
  findings.differences.insert(findings.differences.end(), comparison.differences.begin(),
                              comparison.differences.begin() + static_cast<ptrdiff_t>(shown));
  RETURN_IF_ERROR(CompareLanes(ledger, site, findings));
  RETURN_IF_ERROR(RunTallyAudit(site, findings));
  return findings;
}

}  // namespace tally::chaos
