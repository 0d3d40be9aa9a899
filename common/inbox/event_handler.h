#pragma once

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "common/bus/event.h"
#include "common/db/transaction.h"

namespace tally::inbox {

// What a consumer does with events: the one thing a service must write to consume. Called inside
// the transaction that also moves the watermarks, so its effects happen exactly once. Handlers must
// commute (lanes have no order between them) and lock what they touch in a fixed order. Called by
// two threads of a Subscription at the same time, each in a transaction of its own: for what was
// delivered, and for what healing fetched.
class EventHandler {
 public:
  virtual ~EventHandler() = default;

  enum class Interest {
    kApply,    // Apply() gets it
    kIgnore,   // known, none of our business: covered without a letter
    kUnknown,  // never heard of: a letter that is retried slowly, a newer producer may be rolling
               // out
  };
  virtual Interest InterestIn(absl::string_view type) const = 0;

  // Applies all of `events` or fails as a whole; the caller then rolls back and bisects, so the
  // same event may come several times, and what it did in vain must not stay in memory.
  // INVALID_ARGUMENT: the event cannot be decoded, it is dead at once. Errors of the transaction
  // must be returned as they are: by them an outage is told from a bad event. Others are the
  // event's and retried. Exceptions count as INTERNAL. What it posts and nobody waits for saves a
  // round trip, and fails for the same reasons when the transaction commits; by its statement's
  // name it is told from SaveLanes, InsertLetters and DeleteLetter, which are the inbox's.
  virtual absl::Status Apply(db::Transaction& transaction,
                             absl::Span<const bus::Event* const> events) = 0;

  // What Apply() did is committed. Not called after a COMMIT whose outcome is not known. Must not
  // block.
  virtual void Committed() {}
};

// Apply() with exceptions turned into INTERNAL.
absl::Status ApplyEvents(EventHandler& handler, db::Transaction& transaction,
                         absl::Span<const bus::Event* const> events);

}  // namespace tally::inbox
