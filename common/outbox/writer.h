#pragma once

#include <memory>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "common/base/clock.h"
#include "common/base/uuid.h"
#include "common/db/database.h"
#include "common/outbox/batch_handler.h"
#include "common/outbox/command_queue.h"
#include "common/outbox/lane_store.h"
#include "common/outbox/relay.h"
#include "common/telemetry/telemetry.h"

namespace tally::outbox {

struct WriterOptions {
  size_t batch_commands_max = 512;
  size_t batch_bytes_max = 4 << 20;
};

// Takes what waits in the queue and writes it in one transaction, events included, on a lane of its own.
//
// One batch: fence the lane (share lock; open, and head where we left it) → BatchHandler decides and writes → events →
// commit → hand the events to the relay → finish the commands. Without traffic a command is committed alone, at once.
//
//   no lane      → opens one (own transaction)                     lane found closed → opens another, writes nothing to the old one
//   data error   → bisects: the bad command fails alone            environment error → the whole batch again, with back-off,
//   statement error twice in a row → bisects                         while its callers wait; then they get UNAVAILABLE
//   commit of unknown outcome → closes the lane (waits until the old transaction is over), opens another, repeats the commands;
//     nobody is answered before the close committed
//
// Advances by Step(); one thread at a time.
class Writer {
 public:
  Writer(WriterOptions options, CommandQueue& queue, BatchHandler& handler, LaneStore& lanes, Relay& relay,
         base::Clock& clock, telemetry::Telemetry& telemetry);
  ~Writer();

  // Takes and settles at most one batch. Returns how long the caller may wait when nothing waits in the queue (zero: call again).
  absl::Duration Step();

  // Closes the lane so that nobody has to wait for its lease; the queue must be closed and empty. Best effort until `deadline`.
  void Close(absl::Time deadline);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace tally::outbox
