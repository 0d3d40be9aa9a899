#pragma once

#include "absl/status/status.h"

namespace tally::orders {

// What callers who read are told: the database's trouble is UNAVAILABLE, all else stays as it is.
absl::Status ReadError(const absl::Status& status);

}  // namespace tally::orders
