#pragma once

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "tests/bench/bench.h"
#include "tests/e2e/system.h"

namespace tally::bench {

// Makes lanes with so many events each, closed and not published, in the database of an
// order_service on PostgreSQL that has written an order. A running order_service takes them over.
absl::Status FillLanes(e2e::System& system, int64_t lanes, int64_t events_each);

// A counter of a service that is about to rise by so many.
struct Rise {
  e2e::ServiceProcess& service;
  const char* metric;
  double from;
  double by;
};

// How many a second, from the last look at which it had not begun to rise until it is through.
// Looks every 20 ms at the latest: a backlog should last longer. Blocks until it is through;
// DEADLINE_EXCEEDED when it does not begin within a minute or would take longer than 1 ms each.
absl::StatusOr<double> RateOf(const Rise& rise);

}  // namespace tally::bench
