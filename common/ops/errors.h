#pragma once

#include "absl/status/status.h"

namespace tally::ops {

// What operators are told of a status of outbox and inbox: the database's trouble is UNAVAILABLE;
// NOT_FOUND, FAILED_PRECONDITION and RESOURCE_EXHAUSTED keep their words; the rest is ours, and
// INTERNAL.
absl::Status ToAnswer(const absl::Status& status);

}  // namespace tally::ops
