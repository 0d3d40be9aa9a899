#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_set.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "common/db/database.h"
#include "common/inbox/batch_plan.h"
#include "common/inbox/letter.h"
#include "common/inbox/narrowing.h"
#include "common/inbox/shortfall.h"

namespace tally::inbox {

// The dedup tables: one inbox_lane row for each lane stands for the keys of all its events, for
// ever; letters beside it. Thread-safe. Errors are those of common/db. Lock order: lanes → letters
// → the handler's tables, each sorted by key.
class InboxStore {
 public:
  InboxStore(std::string consumer, db::Database& database)
      : consumer_(std::move(consumer)), database_(database) {}

  const std::string& consumer() const { return consumer_; }
  db::Database& database() { return database_; }

  // Keeps this consumer's name in its database at the first start. FAILED_PRECONDITION when the
  // database belongs to another consumer.
  absl::Status Register(absl::Time now, absl::Time deadline);

  // Locks the rows in key order and reads them as they stand then; creates those that are missing
  // (watermark 0). Waits for other batches that hold one of them.
  absl::StatusOr<CoveredLanes> LockLanes(db::Transaction& transaction,
                                         const std::map<std::string, std::string>& lane_to_source,
                                         absl::Time now);
  absl::Status SaveLanes(db::Transaction& transaction, const CoveredLanes& lanes);

  // Whether a later call of the transaction in which a handler ran failed by what that posted, and
  // not by one of the statements above and below, or COMMIT.
  static bool FailedByHandler(const absl::Status& status);

  // Of lanes that have a row; not locked.
  absl::StatusOr<LaneMarks> ReadMarks(db::Transaction& transaction,
                                      const std::set<std::string>& lane_ids);
  // Of lanes that are locked.
  absl::Status SaveBegun(db::Transaction& transaction, const BegunLanes& begun);

  // Returns how many were new: a letter that exists already stays as it is.
  absl::StatusOr<int64_t> InsertLetters(db::Transaction& transaction,
                                        absl::Span<const Letter> letters);
  // Costs a few rows, however many there are.
  absl::StatusOr<Shortfall> ReadShortfall(db::Transaction& transaction);
  absl::StatusOr<LetterCounts> CountLetters(db::Transaction& transaction);
  // Those due at `now`, longest due first; not locked.
  absl::StatusOr<std::vector<Letter>> ListDueLetters(db::Transaction& transaction, absl::Time now,
                                                     int limit);
  // Locks the letter. False: it is not retrying, or not as `seen` any more.
  absl::StatusOr<bool> LockLetter(db::Transaction& transaction, const Letter& seen);
  absl::Status DeleteLetter(db::Transaction& transaction, const std::string& event_id);
  // False, and nothing happens, if the letter is not retrying, or not as `seen` any more.
  absl::StatusOr<bool> UpdateLetter(db::Transaction& transaction, const Letter& seen,
                                    const Letter& letter);

  enum class Coverage {
    kNotCovered,
    kParked,  // not covered: its producer keeps it parked
    kCounted,
    kRetrying,
    kDead,
    kDiscarded,
    kSkipped,  // covered without an event: void at its producer, or accepted as trimmed
  };
  // Watermark, letters and findings in one statement: is this event counted, or only covered?
  // `lane_id` is a UUID in lower case.
  absl::StatusOr<Coverage> Find(db::Transaction& transaction, const std::string& lane_id,
                                int64_t sequence);

 private:
  bool SawAll(const std::map<std::string, std::string>& lane_to_source);
  void Saw(const std::map<std::string, std::string>& lane_to_source);
  void ForgetSeen();

  const std::string consumer_;
  db::Database& database_;
  absl::Mutex mutex_;
  // Lanes that had a row, committed, so that most batches need not try to insert one; a bounded
  // part of them.
  absl::flat_hash_set<std::string> seen_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace tally::inbox
