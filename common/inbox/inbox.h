#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "common/base/backoff.h"
#include "common/base/clock.h"
#include "common/bus/message.h"
#include "common/inbox/event_handler.h"
#include "common/inbox/inbox_store.h"
#include "common/telemetry/telemetry.h"

namespace tally::inbox {

struct InboxOptions {
  base::BackoffPolicy letter_backoff;            // 1 s to 10 min
  int letter_attempts_max = 10;                  // then dead
  absl::Duration unknown_type_for = absl::Hours(72);  // retried slowly this long, then dead
  int64_t letters_retrying_max = 100'000;        // beyond it the consumer stops taking
  absl::Duration transaction_timeout = absl::Seconds(10);
};

// Applies deliveries exactly once, in any order, repeated or late.
//
// One batch, one transaction: lock the lanes' rows in key order → read them → drop what is covered → handler applies the
// rest → ranges extended and stored → commit. Only then may the caller acknowledge. When the handler fails, the batch is bisected: events that
// fail alone become letters (retrying, or dead when undecodable), the others are counted. When every event of a batch of
// several fails alone it is not the events' fault: nothing is kept, UNAVAILABLE. An error of our own database is never the event's.
// One thread at a time; other replicas on the same database are serialised by the row locks.
class Inbox {
 public:
  Inbox(InboxOptions options, InboxStore& store, EventHandler& handler, base::Clock& clock,
        telemetry::Telemetry& telemetry);
  ~Inbox();

  struct Received {
    int64_t applied = 0;
    int64_t duplicates = 0;
    int64_t ignored = 0;
    int64_t letters = 0;
  };
  // OK: every delivery is covered and may be acknowledged. Otherwise nothing was kept, or only parts that are harmless to see again.
  // `stream_created` keys deliveries that carry no lane.
  absl::StatusOr<Received> Receive(absl::Span<const bus::Delivery> deliveries, absl::Time stream_created);

  // Tries due letters again from the database, each in a transaction of its own; at most `limit`. Returns how many were settled.
  absl::StatusOr<int> RetryLetters(int limit);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace tally::inbox
