#include "tests/bench/backlog.h"

#include "absl/strings/str_cat.h"
#include "common/base/monotonic.h"
#include "common/base/status_macros.h"
#include "tests/bench/postgres_query.h"
#include "tests/testkit/eventually.h"

namespace tally::bench {
namespace {

constexpr absl::Duration kBeginning = absl::Minutes(1);

}  // namespace

absl::Status FillLanes(e2e::System& system, int64_t lanes, int64_t events_each) {
  static int run = 0;
  ASSIGN_OR_RETURN(PostgresQuery query, PostgresQuery::Connect(system.orders_database()));
  return query.RunFile("fill_lanes.sql", {{"run", absl::StrCat(++run)},
                                          {"lanes", absl::StrCat(lanes)},
                                          {"each", absl::StrCat(events_each)}});
}

absl::StatusOr<double> RateOf(const Rise& rise) {
  double value = rise.from;
  absl::Duration start = base::MonotonicNow();
  const auto reaches = [&](double wanted) {
    const absl::Duration now = base::MonotonicNow();
    value = rise.service.Metric(rise.metric).value_or(rise.from);
    if (value <= rise.from) start = now;
    return value >= wanted;
  };
  const auto late = [&] {
    return absl::DeadlineExceededError(
        absl::StrCat(rise.metric, " rose from ", rise.from, " to ", value, ", not by ", rise.by));
  };
  if (!testkit::Eventually(kBeginning, [&] { return reaches(rise.from + 1); })) return late();
  const absl::Duration patience = kBeginning + rise.by * absl::Milliseconds(1);
  if (!testkit::Eventually(patience, [&] { return reaches(rise.from + rise.by); })) return late();
  return (value - rise.from) / absl::ToDoubleSeconds(base::MonotonicNow() - start);
}

}  // namespace tally::bench
