#pragma once

#include <compare>
#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "activity_service/domain/activity.h"
#include "common/base/money.h"

namespace tally::activity {

// Statistics are kept in buckets of UTC: since 1980 every day of every time zone is a whole number
// of them (see base/civil_day.h).
inline constexpr absl::Duration kBucketLength = absl::Minutes(15);

// Where the bucket begins that `time`, which must be finite, falls into.
absl::Time BucketStart(absl::Time time);

struct BucketKey {
  absl::Time start;
  std::string activity;
  std::string currency;  // empty: the contributions have no amount

  friend std::strong_ordering operator<=>(const BucketKey&, const BucketKey&) = default;
};

struct BucketTotal {
  int64_t count = 0;
  std::optional<base::Money> amount;  // as long as the key has a currency
};

// What a batch of events adds, merged so that each bucket is touched once. Not thread-safe.
class BucketTotals {
 public:
  // OutOfRange if a total no longer fits; the totals are of no use then.
  absl::Status Add(absl::string_view activity, absl::Time time, const Contribution& contribution);

  // In key order.
  const std::map<BucketKey, BucketTotal>& totals() const { return totals_; }
  bool empty() const { return totals_.empty(); }

 private:
  std::map<BucketKey, BucketTotal> totals_;
};

}  // namespace tally::activity
