#include "client/load/latency_histogram.h"

#include <algorithm>
#include <bit>
#include <cmath>

namespace tally::client {

int LatencyHistogram::BucketOf(uint64_t micros) {
  if (micros < (1u << kSubBits)) return static_cast<int>(micros);
  const int shift = std::bit_width(micros) - 1 - kSubBits;
  const int bucket = (shift << kSubBits) + static_cast<int>(micros >> shift);
  return std::min(bucket, kBuckets - 1);
}

uint64_t LatencyHistogram::UpperBound(int bucket) {
  if (bucket < 2 << kSubBits) return static_cast<uint64_t>(bucket);
  const int shift = (bucket >> kSubBits) - 1;
  const auto leading = static_cast<uint64_t>(bucket - (shift << kSubBits));
  return ((leading + 1) << shift) - 1;
}

void LatencyHistogram::Add(absl::Duration latency) {
  latency = std::max(latency, absl::ZeroDuration());
  ++buckets_[static_cast<size_t>(
      BucketOf(static_cast<uint64_t>(absl::ToInt64Microseconds(latency))))];
  ++count_;
  max_ = std::max(max_, latency);
}

void LatencyHistogram::Merge(const LatencyHistogram& other) {
  for (size_t i = 0; i < buckets_.size(); ++i) buckets_[i] += other.buckets_[i];
  count_ += other.count_;
  max_ = std::max(max_, other.max_);
}

absl::Duration LatencyHistogram::Percentile(double percent) const {
  if (count_ == 0) return absl::ZeroDuration();
  const auto rank = std::clamp<int64_t>(
      static_cast<int64_t>(std::ceil(static_cast<double>(count_) * percent / 100)), 1, count_);
  int64_t seen = 0;
  int bucket = 0;
  while ((seen += buckets_[static_cast<size_t>(bucket)]) < rank) ++bucket;
  if (bucket == kBuckets - 1) return max_;
  return std::min(absl::Microseconds(UpperBound(bucket) + 1), max_);
}

}  // namespace tally::client
