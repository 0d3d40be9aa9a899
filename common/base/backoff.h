#pragma once

#include "absl/random/random.h"
#include "absl/time/time.h"

namespace tally::base {

struct BackoffPolicy {
  absl::Duration initial = absl::Milliseconds(100);
  absl::Duration max = absl::Seconds(30);
  double multiplier = 2;
  double jitter = 0.2;  // The fraction, 0 to 1, of each delay that chance may take off.
};

// The delay after failed attempt `attempt` (1, 2, …; less counts as 1): initial ×
// multiplier^(attempt−1), at most max, less up to the jitter fraction of it as `uniform01` in [0,
// 1) says. Pure; never negative, never above max.
absl::Duration Delay(const BackoffPolicy& policy, int attempt, double uniform01);

// The delays of one thing that keeps failing. Not thread-safe.
class Backoff {
 public:
  explicit Backoff(BackoffPolicy policy, absl::BitGen random = absl::BitGen());

  // Counts one more failed attempt and returns how long to wait after it.
  absl::Duration Next();

  // It worked: the next failure is the first.
  void Reset() { attempts_ = 0; }

  int attempts() const { return attempts_; }

 private:
  BackoffPolicy policy_;
  absl::BitGen random_;
  int attempts_ = 0;
};

}  // namespace tally::base
