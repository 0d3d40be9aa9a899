#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "common/base/sequence_set.h"
#include "common/base/uuid_v7_source.h"
#include "common/db/database.h"
#include "common/outbox/lane_appender.h"
#include "common/outbox/outbox_event.h"

namespace tally::outbox {

// What the tables say of a lane.
struct LaneStatus {
  std::string lane_id;
  bool open = false;
  int64_t head = 0;  // the last sequence written, trimmed or not; final once the lane is closed
  int64_t published_through = 0;
  int64_t trimmed_through = 0;
};

struct LaneStoreOptions {
  std::string stream;  // the one stream this producer's lanes belong to
  std::string holder;  // names this life of this process; unique
  absl::Duration lease = absl::Seconds(5);
  // No other process can live on this database (SQLite): leases of other holders count as expired.
  bool sole_process = false;
};

// The tables of the outbox (migrations/0001_lanes.sql). A lane is opened once, written by its one
// writer, and closed once, by anyone; nothing is ever written to it after that.
//
// A batch share-locks its lane's row (Fence) until it commits. Closing locks the row FOR UPDATE
// first, so it waits for the batch, and reads the head in a later statement, so the final sequence
// covers every commit. Both are safe whatever the clocks say; leases, by the database's clock, only
// say when others may close.
//
// Besides db errors: ABORTED (kRetry) when a lock was not had in time: call again. Every call may
// be repeated after any error. Blocks for as long as the database's timeouts allow; deadlines bound
// the wait for a session. Lane ids are UUIDs as text, in canonical form. Thread-safe.
class LaneStore {
 public:
  LaneStore(LaneStoreOptions options, db::Database& database);

  const LaneStoreOptions& options() const { return options_; }
  db::Database& database() { return database_; }

  // A new open lane, its cursor and our lease on it, in a transaction of its own. A lane that an
  // unknown outcome left behind is closed by whoever finds its lease expired.
  absl::StatusOr<std::string> Open(absl::Time deadline);

  // Posts what holds the lane open until the transaction ends. If the lane is closed, gone, or its
  // head is not `head` (the database went back in time), this or a later call of the transaction
  // fails, at the latest Commit, with an error of which FenceFailed() is true, and nothing that
  // follows is done: the caller must never write to the lane again.
  static absl::Status Fence(db::Transaction& transaction, const std::string& lane_id, int64_t head);
  static bool FenceFailed(const absl::Status& status);
  // Posts the events.
  absl::Status Append(db::Transaction& transaction, const LaneAppender& lane);

  // Closes the lane for ever if it is open, whoever wrote it; waits for the batch that holds its
  // fence, at most the database's lock timeout. Returns the final sequence. NOT_FOUND: this
  // database has no such lane.
  absl::StatusOr<int64_t> Close(const std::string& lane_id, absl::Time deadline);

  // Lanes whose lease has expired, longest first; our own too if we failed to renew them.
  absl::StatusOr<std::vector<std::string>> ListExpired(int lanes_max, absl::Time deadline);
  // Closes the lane and takes its lease, both only if the lease is still expired under the lock.
  // nullopt: it is not. Waits half a second for a batch that holds the fence.
  absl::StatusOr<std::optional<LaneStatus>> TakeOver(const std::string& lane_id,
                                                     absl::Time deadline);

  // Prolongs the leases that are ours, expired or not, and returns their lanes.
  absl::StatusOr<std::vector<std::string>> Renew(absl::Span<const std::string> lane_ids,
                                                 absl::Time deadline);
  // Lets our leases expire now, so that others need not wait.
  absl::Status Release(absl::Span<const std::string> lane_ids, absl::Time deadline);

  struct Progress {
    std::string lane_id;
    int64_t published_through = 0;
    bool finished = false;  // closed and published to the end: our lease on it goes away, unless
                            // this database has it open
  };
  // Raises cursors, never lowers them, in one transaction.
  absl::Status Advance(absl::Span<const Progress> lanes, absl::Time deadline);

  // NOT_FOUND: this database has no such lane.
  absl::StatusOr<LaneStatus> Find(const std::string& lane_id, absl::Time deadline);
  // The events of the range that are in the table, in order: at most events_max, and at least one
  // if there is one, but no more once their payloads have reached bytes_max.
  absl::StatusOr<std::vector<OutboxEvent>> Read(const std::string& lane_id,
                                                base::SequenceRange range, int64_t events_max,
                                                int64_t bytes_max, absl::Time deadline);

  struct Refused {
    std::string error;
    int attempts = 0;
    bool outcome_unknown = false;  // the stream may have it all the same
  };
  // Keeps a refused event, as it stands in the table, and raises the cursor to `published_through`,
  // in one transaction. One that was parked before is counted on; one that was given up stays as it
  // is. The cursor is to pass the event: whoever takes the lane over never sends it then.
  // FAILED_PRECONDITION: the lease is not ours any more, so that another may have published it.
  absl::Status Park(const std::string& lane_id, int64_t sequence, const Refused& refused,
                    int64_t published_through, absl::Time deadline);

 private:
  struct Row {
    bool open = false;
    std::optional<int64_t> final_sequence;
  };
  // NOT_FOUND if there is none.
  absl::StatusOr<Row> Lock(db::Transaction& transaction, const std::string& lane_id);
  // The lane's row is locked. Returns the final sequence.
  absl::StatusOr<int64_t> CloseLocked(db::Transaction& transaction, const std::string& lane_id,
                                      const Row& row);
  absl::StatusOr<bool> TakeLeaseIfExpired(db::Transaction& transaction, const std::string& lane_id);
  // FAILED_PRECONDITION: it is not ours. Locks it.
  absl::Status CheckLease(db::Transaction& transaction, const std::string& lane_id);
  absl::StatusOr<LaneStatus> Find(db::Transaction& transaction, const std::string& lane_id);
  absl::Status RaiseCursors(db::Transaction& transaction, absl::Span<const Progress> lanes);

  const LaneStoreOptions options_;
  db::Database& database_;
  base::UuidV7Source lane_ids_;
};

}  // namespace tally::outbox
