#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "common/base/backoff.h"
#include "common/base/clock.h"
#include "common/outbox/batch_handler.h"
#include "common/outbox/command_batch.h"
#include "common/outbox/command_queue.h"
#include "common/outbox/failure_log.h"
#include "common/outbox/handover.h"
#include "common/outbox/lane_store.h"
#include "common/telemetry/telemetry.h"

namespace tally::outbox {

struct WriterOptions {
  size_t batch_commands_min = 1;  // takes nothing while fewer wait
  size_t batch_commands_max = 512;
  size_t batch_bytes_max = 4 << 20;
  absl::Duration session_timeout = absl::Seconds(5);  // waiting for a session of the database
  base::BackoffPolicy backoff = {.initial = absl::Milliseconds(20), .max = absl::Seconds(1)};
};

// Takes what waits in the queue and writes it in one transaction, events included, on a lane of its
// own. Several writers may share a queue (one on SQLite, a few on PostgreSQL).
//
// One batch: fence the lane (share lock; open, and its head where we left it) → BatchHandler
// decides and writes → events → commit → hand the events to the relay → finish the commands.
// Without traffic a command is committed alone, at once.
//
//   no lane                → opens one, in a transaction of its own
//   lane closed, or its head elsewhere
//                          → sees that it is closed, opens another, writes nothing to the old one
//   data error             → bisects: the bad command fails alone
//   statement's error      → the second time in a row it bisects
//   any other error        → the whole batch again, with back-off, while callers wait; who stops
//                            waiting gets UNAVAILABLE
//   COMMIT of unknown outcome
//                          → closes the lane, which waits until the old transaction is over, opens
//                            another, writes the commands again (attempt 2 or more: the handler
//                            looks first). Nobody is told OK before the close has committed; who
//                            stops waiting gets UNKNOWN
//
// What is in hand is bounded by one batch; while it cannot be written the queue fills and refuses.
// Advances by Step(); one thread at a time.
class Writer {
 public:
  Writer(WriterOptions options, CommandQueue& queue, BatchHandler& handler, LaneStore& lanes,
         Handover& handover, base::Clock& clock, telemetry::Telemetry& telemetry);
  // Finishes what is still in hand, with StoppingError or UNKNOWN.
  ~Writer() = default;

  // Takes and settles at most one batch. Returns how long to rest before the next step, whatever
  // comes; InfiniteDuration(): nothing is in hand, until the queue has something.
  absl::Duration Step();

  // Closes the lane so that nobody has to wait for its lease. The last call; best effort until
  // `deadline`.
  void Close(absl::Time deadline);

 private:
  struct Lane {
    std::string id;
    int64_t head = 0;
    bool usable = true;  // false: to be closed, never to be written again
  };

  void TakeBatch();
  void GiveUpOverdue();
  absl::Status OpenLane();
  absl::Status CloseLane(absl::Time deadline);
  absl::Status Write(CommandBatch& batch);
  absl::Status Commit(db::Transaction& transaction, CommandBatch& batch);
  absl::Duration AfterFailure(const absl::Status& status);
  absl::Duration Rest(const absl::Status& status);
  absl::Time SessionDeadline() { return clock_.Now() + options_.session_timeout; }

  const WriterOptions options_;
  CommandQueue& queue_;
  BatchHandler& handler_;
  LaneStore& lanes_;
  Handover& handover_;
  base::Clock& clock_;
  telemetry::Log& log_;
  telemetry::Counter& batches_total_;
  telemetry::Counter& unknown_outcomes_total_;
  telemetry::Counter& bisections_total_;
  telemetry::Histogram& batch_commands_;
  telemetry::Histogram& commit_seconds_;

  std::optional<Lane> lane_;
  std::vector<CommandBatch> batches_;  // in hand: one, or the parts of one; the last is next
  base::Backoff backoff_;
  FailureLog failures_;
};

}  // namespace tally::outbox
