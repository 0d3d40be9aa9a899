#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "common/db/database.h"
#include "common/outbox/batch_handler.h"

namespace tally::outbox {

// A row of outbox_event.
struct OutboxEvent {
  int64_t sequence = 0;
  std::string subject;
  std::string type;
  std::string payload;
  absl::Time time;
  absl::Time record_time;
  std::string traceparent;
};

struct LaneStatus {
  std::string lane_id;
  bool open = false;
  int64_t head = 0;  // greatest(max(sequence), trimmed_through); the final sequence once closed
  int64_t published_through = 0;
  int64_t trimmed_through = 0;
};

struct LaneStoreOptions {
  std::string stream;                          // the one stream this producer's lanes belong to
  std::string holder;                          // this process' life; unique
  absl::Duration lease = absl::Seconds(5);
};

// The tables of the outbox. Stateless besides its options; thread-safe. Lane ids are UUIDs as text.
//
// Locks: a batch share-locks its lane's row (Fence); closing locks it FOR UPDATE first and reads the head in a later statement, so
// a final sequence covers every commit. Nothing else updates outbox_lane. See lane.sql.
class LaneStore {
 public:
  LaneStore(LaneStoreOptions options, db::Database& database) : options_(std::move(options)), database_(database) {}

  const LaneStoreOptions& options() const { return options_; }
  db::Database& database() { return database_; }

  // A new open lane with its cursor and lease, in a transaction of its own.
  absl::Status Open(const std::string& lane_id, absl::Time deadline);

  // Holds the lane open until the transaction ends. FAILED_PRECONDITION when it is closed or its head is not `head`.
  absl::Status Fence(db::Transaction& transaction, const std::string& lane_id, int64_t head);
  absl::Status Append(db::Transaction& transaction, LaneAppender& lane);

  // Closes the lane for ever if it is open, whoever wrote it; waits for the transaction that holds its fence, at most the
  // database's lock timeout (ABORTED: call again). Returns the final sequence. NOT_FOUND: this database has no such lane.
  absl::StatusOr<int64_t> Close(const std::string& lane_id, absl::Time deadline);

  // Lanes whose lease has expired by the database's clock, oldest first. `everyone` counts each lease of another
  // holder as expired: for SQLite at start, where no other process can live.
  absl::StatusOr<std::vector<std::string>> ListExpired(bool everyone, int limit, absl::Time deadline);
  // Closes the lane and takes its lease, both only if the lease is still expired under the lock. nullopt: it is not.
  absl::StatusOr<std::optional<LaneStatus>> TakeOver(const std::string& lane_id, bool everyone, absl::Time deadline);

  struct Progress {
    std::string lane_id;
    int64_t published_through = 0;  // 0: unchanged
    bool finished = false;          // closed and published: the lease goes away
  };
  // Raises cursors and renews leases in one transaction, lanes in key order. Returns the lanes whose lease is no longer ours.
  absl::StatusOr<std::vector<std::string>> Advance(absl::Span<const Progress> lanes, absl::Time deadline);
  // Gives the leases up so that others need not wait for them to expire.
  absl::Status Release(absl::Span<const std::string> lane_ids, absl::Time deadline);

  absl::StatusOr<LaneStatus> Find(const std::string& lane_id, absl::Time deadline);
  // Events first..last that are in the table, in order, until `bytes_max` of payload (at least one).
  absl::StatusOr<std::vector<OutboxEvent>> Read(const std::string& lane_id, int64_t first, int64_t last,
                                                int64_t bytes_max, absl::Time deadline);
  // Keeps a refused event as parked and moves the cursor over it, in one transaction.
  absl::Status Park(const std::string& lane_id, const OutboxEvent& event, const std::string& error, int attempts,
                    absl::Time deadline);

 private:
  LaneStoreOptions options_;
  db::Database& database_;
};

}  // namespace tally::outbox
