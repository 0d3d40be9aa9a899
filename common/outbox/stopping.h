#pragma once

#include "absl/status/status.h"

namespace tally::outbox {

// UNAVAILABLE of a command that was not taken or not written because this process stops; nothing of
// it was written. Another instance, or the next start, takes it.
absl::Status StoppingError();

// Whether a status is that one, and not the database's being away.
bool IsStopping(const absl::Status& status);

}  // namespace tally::outbox
