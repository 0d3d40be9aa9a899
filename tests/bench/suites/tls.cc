// What encrypting the calls costs: the same orders with TLS and without, one after the other.

#include "absl/strings/str_cat.h"
#include "common/base/status_macros.h"
#include "tests/bench/load.h"
#include "tests/bench/start_system.h"
#include "tests/bench/suites/suites.h"

namespace tally::bench {
namespace {

absl::Status RunWith(Bench& bench, bool tls) {
  ASSIGN_OR_RETURN(const auto system, StartSystem(bench, On::kPostgres, {}, tls));
  RETURN_IF_ERROR(WarmUp(*system));
  for (const int in_flight : {1, 256}) {
    RETURN_IF_ERROR(bench.Measure(
        absl::StrCat("tls/", tls ? "on" : "off", "/PlaceOrder/", in_flight), "orders_per_second",
        [&](Findings& findings) {
          return PlaceUntilCounted(
              bench, *system, {.in_flight = in_flight, .span = bench.options().span}, findings);
        }));
  }
  return absl::OkStatus();
}

absl::Status RunRound(Bench& bench) {
  RETURN_IF_ERROR(RunWith(bench, false));
  return RunWith(bench, true);
}

}  // namespace

Suite TlsSuite() {
  return {.name = "tls",
          .summary = "PlaceOrder until counted with TLS and without, 1 and 256 in flight",
          .rounds_max = 100,
          .round_time = [](const Options& options) { return 4 * options.span + absl::Seconds(6); },
          .run_round = &RunRound};
}

}  // namespace tally::bench
