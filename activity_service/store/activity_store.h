#pragma once

#include <cstdint>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "activity_service/domain/bucket.h"
#include "activity_service/domain/day_totals.h"
#include "common/base/civil_day.h"
#include "common/db/database.h"

namespace tally::activity {

// The tables `activity_bucket` and `activity_mark`. Stateless; thread-safe.
class ActivityStore {
 public:
  static absl::Status Migrate(db::Database& database);

  // Adds to the buckets, locking their rows in key order, in one round trip. A database error of
  // kind kData where a sum would no longer fit.
  absl::Status Add(db::Transaction& transaction, const BucketTotals& totals) const;

  // What happened in each of the intervals, which begin and end on bounds of buckets: one result
  // for each, in their order, all from one snapshot.
  absl::StatusOr<std::vector<DayTotals>> Sum(db::Transaction& transaction,
                                             absl::Span<const base::TimeInterval> intervals) const;

  // A number that is another one after each transaction of another process that added to the
  // buckets. What this process added is known to it: see ActivityCounter::OnCounted.
  absl::StatusOr<int64_t> ReadMark(db::Transaction& transaction) const;
};

}  // namespace tally::activity
