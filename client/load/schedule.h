#pragma once

#include <cstdint>

#include "absl/time/time.h"
#include "client/load/load_plan.h"

namespace tally::client {

// When one of several connections sends its orders: they take turns. Offsets are from the start of
// the run. Pure.
class Schedule {
 public:
  Schedule(const LoadPlan& plan, int connection) : plan_(plan), connection_(connection) {}

  // Whether the connection's order `n` (0, 1, …) is to be sent by a run that is `elapsed` old.
  bool Includes(int64_t n, absl::Duration elapsed) const;

  // When order `n` is to be sent; zero in a closed loop.
  absl::Duration DueAt(int64_t n) const;

 private:
  int64_t Overall(int64_t n) const { return n * plan_.connections + connection_; }

  LoadPlan plan_;
  int connection_;
};

}  // namespace tally::client
