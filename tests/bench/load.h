#pragma once

#include <cstdint>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "tests/bench/bench.h"
#include "tests/bench/report.h"
#include "tests/e2e/system.h"

namespace tally::bench {

// Orders as `tally load` places them: three lines, a request_id, over four connections at most.
struct Load {
  bool bulk = false;  // PlaceOrders
  int in_flight = 256;
  absl::Duration span = absl::Seconds(5);
  double rate = 0;    // orders per second, by the clock; 0: as fast as they are answered
  int64_t count = 0;  // 0: as many as fit into `span`
  absl::Duration probe_every = absl::Milliseconds(100);  // see CountProbe
};

// Places orders until the time is over, and waits until all are counted. Adds to `findings`:
//
//   orders_per_second   from the first call until activity_service has committed the last count
//   p50_us, p99_us, p99_9_us                      of a call (an item of PlaceOrders)
//   counted_p50_us, counted_p99_us                from its answer until it is counted; see
//   CountProbe and what SystemMeter reports
absl::Status PlaceUntilCounted(Bench& bench, e2e::System& system, const Load& load,
                               Findings& findings);

// The same without looking: fills caches and tables.
absl::Status WarmUp(e2e::System& system);

// Runs `tally load` and returns how many orders it placed, answered but perhaps not counted yet.
absl::StatusOr<int64_t> PlaceOnly(e2e::System& system, const Load& load);

// Blocks until so many events in all are counted by activity_service in this life.
absl::Status AwaitCounted(e2e::System& system, double events, absl::Duration patience);

}  // namespace tally::bench
