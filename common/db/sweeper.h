#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/base/clock.h"
#include "common/base/forward_clock.h"
#include "common/telemetry/telemetry.h"

namespace tally::db {

struct SweeperOptions {
  std::string what;                                  // as in "<what> fails": "trimming the outbox"
  absl::Duration every = absl::Seconds(30);          // how often it looks for work
  absl::Duration rest_min = absl::Milliseconds(20);  // between two steps that found work
};

// Paces what removes rows past their age: one small transaction in each step, and between two of
// them a rest at least as long as the step took, so that those who serve calls have the database
// for half of the time or more whatever there is to remove. A failure is logged once and tried
// again after `every`. One thread at a time.
class Sweeper {
 public:
  // Removes a bounded number of rows; returns whether there may be more to remove.
  using Sweep = std::function<absl::StatusOr<bool>()>;

  // `clock` and `telemetry` must outlive it.
  Sweeper(SweeperOptions options, Sweep sweep, base::Clock& clock, telemetry::Telemetry& telemetry);

  // Sweeps if it is time. Returns how long it may rest.
  absl::Duration Step();

 private:
  absl::Duration RestAfter(const absl::StatusOr<bool>& more, absl::Duration took) const;
  void Note(const absl::Status& status);

  const SweeperOptions options_;
  const Sweep sweep_;
  base::ForwardClock clock_;
  telemetry::Log& log_;
  absl::Time next_ = absl::InfinitePast();
  bool failing_ = false;
};

}  // namespace tally::db
