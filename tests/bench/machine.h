#pragma once

#include <nlohmann/json.hpp>

#include "absl/status/statusor.h"
#include "tests/testkit/postgres_server.h"

namespace tally::bench {

// Where and with what all was measured: processor, memory, kernel; versions of everything that
// takes part; and every setting that durability rests on, as the servers tell it.
absl::StatusOr<nlohmann::ordered_json> DescribeMachine(testkit::PostgresServer& postgres);

}  // namespace tally::bench
