#pragma once

#include "absl/status/status.h"

namespace tally::orders {

// What a caller is told of a command that the outbox did not take or write, or that is not known to
// be written.
absl::Status WriteError(const absl::Status& status);

}  // namespace tally::orders
