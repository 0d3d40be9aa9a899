#pragma once

#include <cstdint>
#include <limits>

#include "absl/time/time.h"
#include "client/load/order_generator.h"
#include "client/settings.h"
#include "common/base/violations.h"

namespace tally::client {

// What a load run shall do.
struct LoadPlan {
  Peer server;
  double rate = 0;  // orders per second over all connections, sent by the clock; 0: closed loop
  int64_t count = std::numeric_limits<int64_t>::max();
  absl::Duration duration = absl::InfiniteDuration();
  int concurrency = 64;  // over all connections; at least one each
  int connections = 1;
  absl::Duration deadline;  // of each order
  bool bulk = false;        // PlaceOrders, with up to message_orders_max in a message
  int message_orders_max = 100;
  OrderGenerator::Options orders;

  // Reads the flags and adds a problem for each that is wrong.
  static LoadPlan FromFlags(const Settings& settings, base::Violations& problems);
};

}  // namespace tally::client
