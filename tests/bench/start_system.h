#pragma once

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "tests/bench/bench.h"
#include "tests/e2e/system.h"

namespace tally::bench {

enum class On { kPostgres, kSqlite };

// Both services and nats-server on new, empty databases.
absl::StatusOr<std::unique_ptr<e2e::System>> StartSystem(
    Bench& bench, On on, const std::vector<std::string>& order_flags = {}, bool tls = false,
    bool jwt = false);

}  // namespace tally::bench
