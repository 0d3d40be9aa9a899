#pragma once

#include "absl/status/status.h"
#include "absl/types/span.h"
#include "common/db/transaction.h"
#include "common/outbox/command.h"
#include "common/outbox/lane_appender.h"

namespace tally::outbox {

// What a service writes for a batch of its commands. Called by several writers at once, each from
// its own thread, inside a transaction that already holds the lane's fence.
class BatchHandler {
 public:
  virtual ~BatchHandler() = default;

  // Decides every command (keeping the decision in it, in place of one of an earlier attempt),
  // writes the service's own rows, and appends the events of what was decided. Nothing decided is
  // told to callers before the commit.
  //
  // `attempt` counts from 1 for this set of commands. From 2 on they may have been written already:
  // by a transaction whose outcome was unknown, or by another writer; look before writing.
  //
  // A unique key that is taken asks for another attempt at once, a few times: another writer took it
  // in between. So does ABORTED. Other db errors are treated by their kind (see Writer), any other
  // status like a statement's error. What was posted (db::Transaction) may fail after this.
  virtual absl::Status Write(db::Transaction& transaction, absl::Span<Command* const> commands,
                             LaneAppender& lane, int attempt) = 0;
};

}  // namespace tally::outbox
