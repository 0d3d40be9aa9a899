// What a team would build by hand; see tests/bench/peer.

#include <nlohmann/json.hpp>

#include "absl/strings/str_cat.h"
#include "common/base/status_macros.h"
#include "tests/bench/suites/suites.h"
#include "tests/e2e/tally.h"

namespace tally::bench {
namespace {

absl::Status RunRound(Bench& bench) {
  return bench.Measure(
      "peer/hand-built outbox", "orders_per_second", [&](Findings& findings) -> absl::Status {
        ASSIGN_OR_RETURN(const std::string database, bench.postgres().CreateDatabase());
        const int orders = bench.options().quick ? 5'000 : 50'000;
        ASSIGN_OR_RETURN(
            const e2e::Ended ended,
            e2e::RunToEnd({"/usr/bin/python3", TALLY_BENCH_DIR "/peer/hand_built_outbox.py",
                           database, absl::StrCat("--orders=", orders)},
                          absl::Minutes(5)));
        const auto result = nlohmann::json::parse(ended.out, nullptr, false);
        if (ended.exit_code != 0 || !result.is_object()) return absl::InternalError(ended.err);
        findings.Add("orders_per_second", result["orders_per_second"].get<double>());
        return absl::OkStatus();
      });
}

}  // namespace

Suite PeerSuite() {
  return {.name = "peer",
          .summary = "a hand-built outbox with polling relay and dedup table, on PostgreSQL alone",
          .rounds_max = 100,
          .round_time = [](const Options&) { return absl::Seconds(15); },
          .run_round = &RunRound};
}

}  // namespace tally::bench
