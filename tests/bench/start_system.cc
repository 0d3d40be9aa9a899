#include "tests/bench/start_system.h"

namespace tally::bench {

absl::StatusOr<std::unique_ptr<e2e::System>> StartSystem(
    Bench& bench, On on, const std::vector<std::string>& order_flags, bool tls, bool jwt) {
  e2e::System::Options options;
  options.order_flags = order_flags;
  options.tls = tls;
  options.jwt = jwt;
  if (on == On::kPostgres) {
    options.database = {"PostgreSQL", [&bench] { return bench.postgres().CreateDatabase(); }};
  }
  return e2e::System::Start(options);
}

}  // namespace tally::bench
