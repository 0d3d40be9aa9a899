#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "common/config/host_port.h"
#include "tests/chaos/ledger.h"

namespace tally::chaos {

// The half of the stick that the system keeps, asked for from outside: the databases by their own
// clients, the statistics through the API.
struct Statistics {
  DaySums days;
  int64_t not_counted = 0;  // Missing, parked, or letters.
};

struct Lanes {
  int64_t events = 0;
  int64_t unpublished = 0;
  int64_t of_no_order = 0;
};

// All block for a second or so at most while nothing answers; reading the store takes what it
// takes.
absl::StatusOr<Statistics> ReadStatistics(const config::HostPort& activity_service);
absl::StatusOr<std::vector<StoredOrder>> ReadStore(const std::string& orders_database);
absl::StatusOr<Lanes> ReadLanes(const std::string& orders_database);

}  // namespace tally::chaos
