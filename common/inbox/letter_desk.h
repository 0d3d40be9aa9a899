#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "common/db/database.h"
#include "common/inbox/letter.h"

namespace tally::inbox {

// A letter with all that its row says.
struct LetterRecord {
  Letter letter;              // without its payload unless that was asked for
  int64_t payload_bytes = 0;  // always
  std::string reason;         // why it was discarded, and by whom
  std::string discarded_by;
};

// Which letters: those that pass all that is set.
struct LetterFilter {
  std::optional<LetterState> state = {};
  std::string lane_id = {};                 // a UUID in lower case
  std::string type = {};                    // exactly
  std::string error_contains = {};          // case matters
  absl::Time start = absl::InfinitePast();  // of the first failure
  absl::Time end = absl::InfiniteFuture();
};

// What operators do with letters. Redriving and discarding lock the letters first, sorted, so that
// one whose attempt is under way in any replica is either applied, and gone, or changed; never
// both. A redriven letter is tried by whichever replica comes first, once.
//
// Besides db errors those of each call. Every call may be repeated. Blocks only on the database.
// Thread-safe.
class LetterDesk {
 public:
  LetterDesk(std::string consumer, db::Database& database)
      : consumer_(std::move(consumer)), database_(database) {}

  struct Position {
    absl::Time first_failure;
    std::string event_id;
  };
  struct Page {
    std::vector<LetterRecord> letters;
    std::optional<Position> next;  // there may be more behind it
  };
  // By the time of their first failure, the latest first, from behind `after`; at most count_max,
  // and no more once payloads and headers have reached bytes_max. Payloads only if asked for.
  absl::StatusOr<Page> List(const LetterFilter& filter, const std::optional<Position>& after,
                            bool with_payload, int64_t count_max, int64_t bytes_max,
                            absl::Time deadline);

  // Makes letters due at `now`, dead ones included; returns how many were not. All or none:
  // NOT_FOUND when one is not there (any more), FAILED_PRECONDITION when one was discarded.
  absl::StatusOr<int64_t> Redrive(absl::Span<const std::string> event_ids, absl::Time now,
                                  absl::Time deadline);
  // At most letters_max of those that pass and are not due; those that changed longest ago first.
  // RESOURCE_EXHAUSTED while 50,000 are being tried: more would stop the consumer.
  absl::StatusOr<int64_t> RedriveAll(const LetterFilter& filter, int64_t letters_max,
                                     absl::Time now, absl::Time deadline);

  // Gives letters up for ever; returns how many were not yet. All or none: NOT_FOUND when one is
  // not there (any more).
  struct Verdict {
    std::string reason;
    std::string by;
    absl::Time now;
  };
  absl::StatusOr<int64_t> Discard(absl::Span<const std::string> event_ids, const Verdict& verdict,
                                  absl::Time deadline);
  // At most letters_max of those that pass.
  absl::StatusOr<int64_t> DiscardAll(const LetterFilter& filter, int64_t letters_max,
                                     const Verdict& verdict, absl::Time deadline);

 private:
  // The ids of those that pass, may still be applied and, if `not_due_at`, are not due then.
  absl::StatusOr<std::vector<std::string>> Select(db::Transaction& transaction,
                                                  const LetterFilter& filter, int64_t letters_max,
                                                  std::optional<absl::Time> not_due_at);
  // Locks those that are there; returns their states by the order of `sorted`, nullopt for others.
  absl::StatusOr<std::vector<std::optional<LetterState>>> Lock(
      db::Transaction& transaction, const std::vector<std::string>& sorted);
  absl::StatusOr<int64_t> GiveUp(db::Transaction& transaction,
                                 const std::vector<std::string>& event_ids, const Verdict& verdict);
  db::Batch Keys(const std::vector<std::string>& event_ids) const;

  const std::string consumer_;
  db::Database& database_;
};

}  // namespace tally::inbox
