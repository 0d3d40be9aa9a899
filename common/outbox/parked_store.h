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
#include "common/outbox/outbox_event.h"

namespace tally::outbox {

struct EventKey {
  std::string lane_id;  // a UUID in lower case
  int64_t sequence = 0;
};

// An event that the bus refused for its own sake.
struct ParkedEvent {
  std::string lane_id;
  OutboxEvent event;          // without its payload unless that was asked for
  int64_t payload_bytes = 0;  // always
  std::string error;
  int64_t attempts = 0;
  bool outcome_unknown = false;  // an attempt ended, or may end, without an answer
  bool discarded = false;        // void
  std::string reason;            // why it was discarded, and by whom
  std::string discarded_by;
  absl::Time changed;
};

// Events that are parked, and what operators do with them. Tried again, they take this path:
//
//   parked ──Retry──► due ──ClaimDue──► attempt open ──► acknowledged: gone from the table
//                      ▲                    │
//                      └── back-off ◄───────┴──► refused: counted; parked again after the last one
//
// An attempt is open, in the table, before anything is sent. One that was left open is taken for
// one of unknown outcome when its time is over; such an event can be published, never discarded.
//
// Besides db errors those of each call. Every call may be repeated. Blocks only on the database.
// Thread-safe.
class ParkedStore {
 public:
  explicit ParkedStore(db::Database& database) : database_(database) {}

  struct Filter {
    std::optional<bool> discarded = {};
    std::string lane_id = {};  // empty: any
    std::string type = {};     // empty: any
  };
  struct Position {
    absl::Time changed = absl::InfiniteFuture();
    EventKey key;
  };
  struct Page {
    std::vector<ParkedEvent> events;
    std::optional<Position> next;  // there may be more behind it
  };
  // Those changed last first, from behind `after`; at most count_max, and no more once their
  // payloads have reached bytes_max. Payloads only if asked for.
  absl::StatusOr<Page> List(const Filter& filter, const std::optional<Position>& after,
                            bool with_payload, int64_t count_max, int64_t bytes_max,
                            absl::Time deadline);

  // Makes the events due, for so many refusals more; what is under way already goes on. Returns how
  // many they are. All or none: NOT_FOUND when one is not in the table, FAILED_PRECONDITION when
  // one was discarded.
  absl::StatusOr<int64_t> Retry(absl::Span<const EventKey> keys, int refusals_max,
                                absl::Time deadline);

  // Gives the events up for ever; returns how many were not yet. All or none: NOT_FOUND when one is
  // not in the table, FAILED_PRECONDITION when the stream may have one.
  absl::StatusOr<int64_t> Discard(absl::Span<const EventKey> keys, const std::string& reason,
                                  const std::string& by, absl::Time deadline);

  // Whether ClaimDue would find one. Reads only.
  absl::StatusOr<bool> AnyDue(absl::Time deadline);
  // Opens an attempt on the event that is due longest, and returns it whole. Nobody else claims it
  // for `time`.
  absl::StatusOr<std::optional<ParkedEvent>> ClaimDue(absl::Duration time, absl::Time deadline);

  // How an attempt ended. Nothing happens if the event is not parked any more.
  absl::Status Acknowledged(const EventKey& key, absl::Time deadline);
  absl::Status Refused(const EventKey& key, const std::string& error, absl::Duration retry_after,
                       absl::Time deadline);
  // It counts for nothing.
  absl::Status Unavailable(const EventKey& key, bool may_be_stored, absl::Duration retry_after,
                           absl::Time deadline);

 private:
  struct Row {
    bool discarded;
    bool outcome_unknown;
  };
  // Locks the rows, sorted. NOT_FOUND names the first that is missing.
  absl::StatusOr<std::vector<Row>> Lock(db::Transaction& transaction, const db::Batch& keys,
                                        absl::Span<const EventKey> sorted);

  db::Database& database_;
};

}  // namespace tally::outbox
