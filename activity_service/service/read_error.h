#pragma once

#include "absl/status/status.h"

namespace tally::activity {

// What a caller is told of a read from the database that failed: UNAVAILABLE where it is away or
// busy, INTERNAL for all other errors of it. Errors from elsewhere stay as they are.
absl::Status ReadError(const absl::Status& status);

}  // namespace tally::activity
