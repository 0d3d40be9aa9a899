// What it costs to encrypt the calls, and to ask callers for tokens: the same orders with either,
// with both, and with neither, one after the other.

#include "absl/strings/str_cat.h"
#include "common/base/status_macros.h"
#include "tests/bench/load.h"
#include "tests/bench/start_system.h"
#include "tests/bench/suites/suites.h"

namespace tally::bench {
namespace {

struct Access {
  const char* name;
  bool tls;
  bool jwt;
};
constexpr Access kAccesses[] = {{"open", false, false},
                                {"TLS", true, false},
                                {"JWT", false, true},
                                {"TLS and JWT", true, true}};

absl::Status RunWith(Bench& bench, const Access& access) {
  ASSIGN_OR_RETURN(const auto system,
                   StartSystem(bench, On::kPostgres, {}, access.tls, access.jwt));
  RETURN_IF_ERROR(WarmUp(*system));
  for (const int in_flight : {1, 256}) {
    RETURN_IF_ERROR(bench.Measure(
        absl::StrCat("access/", access.name, "/PlaceOrder/", in_flight), "orders_per_second",
        [&](Findings& findings) {
          return PlaceUntilCounted(
              bench, *system, {.in_flight = in_flight, .span = bench.options().span}, findings);
        }));
  }
  return absl::OkStatus();
}

absl::Status RunRound(Bench& bench) {
  for (const Access& access : kAccesses) RETURN_IF_ERROR(RunWith(bench, access));
  return absl::OkStatus();
}

}  // namespace

Suite AccessSuite() {
  return {.name = "access",
          .summary =
              "PlaceOrder until counted with TLS, with tokens, with both and neither, "
              "1 and 256 in flight",
          .rounds_max = 100,
          .round_time = [](const Options& options) { return 8 * options.span + absl::Seconds(12); },
          .run_round = &RunRound};
}

}  // namespace tally::bench
