#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace tally::bench {

struct EmptyCallsResult {
  double calls_per_second = 0;
  double p50_us = 0;
};

// What gRPC itself costs: Check of the standard health service, which order_service answers from
// memory through the same wrapper as its own methods, called the way `tally load` calls PlaceOrder.
absl::StatusOr<EmptyCallsResult> RunEmptyCalls(const std::string& address, int in_flight,
                                               absl::Duration span);

}  // namespace tally::bench
