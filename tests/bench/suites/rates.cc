// Orders per second until counted, and how long orders take, at several numbers of orders in
// flight.

#include "absl/strings/str_cat.h"
#include "common/base/status_macros.h"
#include "tests/bench/load.h"
#include "tests/bench/start_system.h"
#include "tests/bench/suites/suites.h"

namespace tally::bench {
namespace {

struct Way {
  const char* name;
  bool bulk;
  std::vector<int> in_flight;
};

std::vector<Way> WaysOf(const Options& options) {
  if (options.quick) return {{"PlaceOrder", false, {1, 256}}, {"PlaceOrders", true, {2048}}};
  return {{"PlaceOrder", false, {1, 8, 64, 256, 1024}},
          {"PlaceOrders", true, {1, 8, 64, 256, 1024, 2048}}};
}

absl::Status RunOn(Bench& bench, On on, const std::string& database) {
  ASSIGN_OR_RETURN(const auto system, StartSystem(bench, on));
  RETURN_IF_ERROR(WarmUp(*system));
  for (const Way& way : WaysOf(bench.options())) {
    for (const int in_flight : way.in_flight) {
      RETURN_IF_ERROR(bench.Measure(
          absl::StrCat("rates/", database, "/", way.name, "/", in_flight), "orders_per_second",
          [&](Findings& findings) {
            return PlaceUntilCounted(
                bench, *system,
                {.bulk = way.bulk, .in_flight = in_flight, .span = bench.options().span}, findings);
          }));
    }
  }
  const double most = bench.report().Last(absl::StrCat("rates/", database, "/PlaceOrder/256"),
                                          "orders_per_second", 0);
  return bench.Measure(absl::StrCat("half load/", database, "/PlaceOrder"), "counted_p99_us",
                       [&](Findings& findings) {
                         return PlaceUntilCounted(bench, *system,
                                                  {.in_flight = 1024,
                                                   .span = 2 * bench.options().span,
                                                   .rate = most / 2,
                                                   .probe_every = absl::Milliseconds(25)},
                                                  findings);
                       });
}

absl::Status RunRound(Bench& bench) {
  RETURN_IF_ERROR(RunOn(bench, On::kPostgres, "PostgreSQL"));
  return bench.options().quick ? absl::OkStatus() : RunOn(bench, On::kSqlite, "SQLite");
}

}  // namespace

Suite RatesSuite() {
  return {
      .name = "rates",
      .summary = "PlaceOrder and PlaceOrders until counted, 1 to 2,048 in flight, and at half load",
      .rounds_max = 100,
      .round_time =
          [](const Options& options) {
            return (options.quick ? 5 : 26) * (options.span + absl::Milliseconds(500)) +
                   absl::Seconds(3);
          },
      .run_round = &RunRound};
}

}  // namespace tally::bench
