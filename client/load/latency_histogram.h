#pragma once

#include <array>
#include <cstdint>

#include "absl/time/time.h"

namespace tally::client {

// Counts durations from 1 µs to 19 hours in 3,700 buckets, each at most 1/64 wide of its value;
// what is longer counts as the longest. Constant memory, no allocation. Not thread-safe.
class LatencyHistogram {
 public:
  // Below zero counts as zero.
  void Add(absl::Duration latency);
  void Merge(const LatencyHistogram& other);

  int64_t count() const { return count_; }
  absl::Duration max() const { return max_; }

  // The least upper bound of a bucket below which at least `percent` of all lie, never above max();
  // zero for the empty histogram.
  absl::Duration Percentile(double percent) const;

 private:
  static constexpr int kSubBits = 6;  // 64 buckets for each power of two
  static constexpr int kPowers = 36;
  static constexpr int kBuckets = (kPowers - kSubBits + 1) << kSubBits;

  static int BucketOf(uint64_t micros);
  static uint64_t UpperBound(int bucket);

  std::array<int64_t, kBuckets> buckets_ = {};
  int64_t count_ = 0;
  absl::Duration max_;
};

}  // namespace tally::client
