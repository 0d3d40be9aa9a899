#pragma once

#include <chrono>

#include "absl/time/time.h"

namespace tally::base {

// Time passed since a start that means nothing: never set back, so time-outs measured by it always
// end. A Duration, so that it cannot be mixed up with Clock::Now(). Thread-safe.
inline absl::Duration MonotonicNow() {
  return absl::FromChrono(std::chrono::steady_clock::now().time_since_epoch());
}

}  // namespace tally::base
