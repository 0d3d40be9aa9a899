#pragma once

#include <cstddef>

#include "absl/status/status.h"
#include "absl/time/time.h"

namespace tally::outbox {

// Something a caller wants written, together with whatever else waits, in one transaction (for
// example "place this order"). The service derives its own commands and keeps in them what the
// caller asked and what was decided.
class Command {
 public:
  virtual ~Command() = default;

  virtual size_t bytes() const = 0;         // counted against the queue's limit; constant
  virtual absl::Time deadline() const = 0;  // what is overdue is not written; constant
  virtual bool cancelled() const = 0;       // nor is what nobody waits for; called by a writer

  // Called exactly once, by a writer or, at the end, by Outbox::Shutdown; must not block. Commands
  // that are finished together are destroyed when the last of them is.
  //   OK        the batch committed: what the BatchHandler decided holds and may be told
  //   UNKNOWN   after a COMMIT whose outcome could not be settled in time: written, or not
  // With any other status nothing of this command was written: INVALID_ARGUMENT or ALREADY_EXISTS
  // (its own data), DEADLINE_EXCEEDED, CANCELLED, UNAVAILABLE (try again; see StoppingError),
  // INTERNAL.
  virtual void Finish(const absl::Status& status) = 0;
};

}  // namespace tally::outbox
