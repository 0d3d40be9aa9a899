#include "activity_service/domain/bucket.h"

#include "activity_service/domain/checked_sum.h"
#include "common/base/status_macros.h"

namespace tally::activity {

absl::Time BucketStart(absl::Time time) {
  return absl::UnixEpoch() + absl::Floor(time - absl::UnixEpoch(), kBucketLength);
}

absl::Status BucketTotals::Add(absl::string_view activity, absl::Time time,
                               const Contribution& contribution) {
  BucketKey key{BucketStart(time), std::string(activity),
                contribution.amount ? contribution.amount->currency() : ""};
  BucketTotal& total = totals_[std::move(key)];
  RETURN_IF_ERROR(AddTo(total.count, contribution.count));
  if (!contribution.amount.has_value()) return absl::OkStatus();
  if (!total.amount.has_value()) {
    total.amount = contribution.amount;
    return absl::OkStatus();
  }
  return AddTo(*total.amount, *contribution.amount);
}

}  // namespace tally::activity
