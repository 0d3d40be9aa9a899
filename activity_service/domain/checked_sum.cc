#include "activity_service/domain/checked_sum.h"

#include "common/base/status_macros.h"

namespace tally::activity {

absl::Status AddTo(int64_t& sum, int64_t value) {
  int64_t result;
  if (__builtin_add_overflow(sum, value, &result)) {
    return absl::OutOfRangeError("the count is too large: it is less than 2^63");
  }
  sum = result;
  return absl::OkStatus();
}

absl::Status AddTo(base::Money& sum, const base::Money& value) {
  ASSIGN_OR_RETURN(sum, base::Add(sum, value));
  return absl::OkStatus();
}

}  // namespace tally::activity
