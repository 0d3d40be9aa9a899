#pragma once

#include <cstddef>

#include "absl/status/status.h"
#include "absl/time/time.h"

namespace tally::outbox {

// Something a caller wants written, together with whatever else waits, in one transaction (for example "place this
// order"). The service derives its own commands and keeps in them what the caller asked and what was decided.
class Command {
 public:
  virtual ~Command() = default;

  virtual size_t bytes() const = 0;        // counted against the queue's limit; constant
  virtual absl::Time deadline() const = 0;  // a command whose deadline passed is not written
  virtual bool cancelled() const = 0;       // nor is one whose caller went away; called from a writer's thread

  // Called exactly once, from a writer's thread. OK: the batch committed, what BatchHandler decided holds and may be
  // told to the caller. Otherwise nothing of this command was written: INVALID_ARGUMENT (its own data), DEADLINE_EXCEEDED,
  // CANCELLED, UNAVAILABLE (retry), INTERNAL; or UNKNOWN, after a COMMIT whose outcome could not be settled in time.
  virtual void Finish(const absl::Status& status) = 0;
};

}  // namespace tally::outbox
