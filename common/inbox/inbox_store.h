#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "common/base/sequence_set.h"
#include "common/bus/event.h"
#include "common/db/database.h"

namespace tally::inbox {

enum class LetterState { kRetrying, kDead, kDiscarded };

// An event that could not be applied. Covered by the watermark, not counted.
struct Letter {
  std::string event_id;  // "<lane>/<sequence>"; for an event without those "<stream creation time>#<stream sequence>"
  std::optional<std::string> lane_id;
  std::optional<int64_t> sequence;
  std::string subject;
  std::string type;
  std::string headers;  // as received, one `name:value` per line
  std::string payload;
  std::string error;
  int64_t attempts = 0;
  LetterState state = LetterState::kRetrying;
  absl::Time next_attempt;
  absl::Time first_failure;
};

// The dedup tables: one inbox_lane row for each lane stands for the keys of all its events, for ever; letters beside it. Stateless besides
// the consumer's name; thread-safe. Lock order: lanes → letters → the handler's tables, each sorted by key.
class InboxStore {
 public:
  InboxStore(std::string consumer, db::Database& database) : consumer_(std::move(consumer)), database_(database) {}

  const std::string& consumer() const { return consumer_; }
  db::Database& database() { return database_; }

  // Registers this consumer's name in its database at start. FAILED_PRECONDITION when the database belongs to another consumer.
  absl::Status Register(absl::Time deadline);

  // Creates missing rows (watermark 0), locks all rows in key order, and only in a later statement reads them.
  absl::StatusOr<std::map<std::string, base::SequenceSet>> LockLanes(
      db::Transaction& transaction, const std::map<std::string, std::string>& lane_to_source);
  absl::Status SaveLanes(db::Transaction& transaction, const std::map<std::string, base::SequenceSet>& lanes);

  absl::Status InsertLetter(db::Transaction& transaction, const Letter& letter);
  // The next letters that are due; not locked.
  absl::StatusOr<std::vector<Letter>> ListDue(int limit, absl::Time deadline);
  // Locks the letter; nullopt when it is no longer retrying.
  absl::StatusOr<std::optional<Letter>> LockLetter(db::Transaction& transaction, const std::string& event_id);
  absl::Status DeleteLetter(db::Transaction& transaction, const std::string& event_id);
  absl::Status UpdateLetter(db::Transaction& transaction, const Letter& letter);

  struct LetterCounts {
    int64_t retrying = 0;
    int64_t dead = 0;
  };
  absl::StatusOr<LetterCounts> CountLetters(db::Transaction& transaction);

  enum class Coverage { kNotCovered, kCounted, kRetrying, kDead, kDiscarded };
  // Watermark and letters in one statement: is this event counted, or only covered?
  absl::StatusOr<Coverage> Find(db::Transaction& transaction, const std::string& lane_id, int64_t sequence);

 private:
  std::string consumer_;
  db::Database& database_;
};

}  // namespace tally::inbox
