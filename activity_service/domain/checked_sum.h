#pragma once

#include <cstdint>

#include "absl/status/status.h"
#include "common/base/money.h"

namespace tally::activity {

// sum += value; OutOfRange if it does not fit, and `sum` stays as it was.
absl::Status AddTo(int64_t& sum, int64_t value);
absl::Status AddTo(base::Money& sum, const base::Money& value);

}  // namespace tally::activity
