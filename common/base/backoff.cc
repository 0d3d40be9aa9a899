#include "common/base/backoff.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace tally::base {

absl::Duration Delay(const BackoffPolicy& policy, int attempt, double uniform01) {
  if (policy.initial <= absl::ZeroDuration()) return absl::ZeroDuration();
  const double growth = std::pow(policy.multiplier, std::max(attempt, 1) - 1);  // May be infinite.
  const absl::Duration whole = std::min(policy.initial * growth, policy.max);
  return whole * (1 - policy.jitter * uniform01);
}

Backoff::Backoff(BackoffPolicy policy, absl::BitGen random)
    : policy_(policy), random_(std::move(random)) {}

absl::Duration Backoff::Next() {
  // Enough for any policy to have reached its maximum, and far from overflow.
  attempts_ = std::min(attempts_ + 1, 1'000'000);
  return Delay(policy_, attempts_, absl::Uniform(random_, 0.0, 1.0));
}

}  // namespace tally::base
