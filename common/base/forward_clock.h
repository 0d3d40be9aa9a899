#pragma once

#include <algorithm>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "common/base/clock.h"

namespace tally::base {

// Another clock's time, but never going back: a step backwards is left out, a step forwards is not.
// For intervals between the steps of a loop, so that a clock set back an hour does not stop it for
// an hour. Thread-safe.
class ForwardClock final : public Clock {
 public:
  // `clock` must outlive it.
  explicit ForwardClock(Clock& clock) : clock_(clock), last_(clock.Now()), now_(last_) {}

  absl::Time Now() override {
    absl::MutexLock lock(&mutex_);
    const absl::Time last = std::exchange(last_, clock_.Now());
    now_ += std::max(last_ - last, absl::ZeroDuration());
    return now_;
  }

 private:
  Clock& clock_;
  absl::Mutex mutex_;
  absl::Time last_ ABSL_GUARDED_BY(mutex_);
  absl::Time now_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace tally::base
