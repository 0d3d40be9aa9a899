#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/random/random.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "common/base/clock.h"
#include "common/bus/message.h"
#include "common/inbox/batch_plan.h"
#include "common/inbox/bisection.h"
#include "common/inbox/event_handler.h"
#include "common/inbox/inbox_store.h"
#include "common/inbox/letter_policy.h"
#include "common/inbox/narrowing.h"
#include "common/telemetry/telemetry.h"

namespace tally::inbox {

struct InboxOptions {
  LetterPolicy letters;
  absl::Duration transaction_timeout = absl::Seconds(10);
  // Every attempt is announced, not only those at what comes again: for deliveries that nobody
  // counts.
  bool always_announce = false;
  // Told of a lane that has more gaps than this, and of its source: they are to be filled soon.
  size_t gaps_max = 1'000;
  std::function<void(const std::string& lane_id, const std::string& source)> on_many_gaps = nullptr;
};

// Applies deliveries exactly once, in any order, repeated or late.
//
// One batch, one transaction: lock the lanes' rows in key order → read them → drop what is covered
// → handler applies the rest → ranges extended and stored → commit. Only then may the caller
// acknowledge.
//
//   handler fails       → the batch is bisected: what fails alone becomes a letter, the rest counts
//   undecodable event   → a dead letter; the others are not held up
//   the process ends    → what comes again is announced before it is tried, and tried in ever fewer
//                         together, until the one to blame is a letter; see Narrowing
//   every event fails   → not their fault: nothing is kept, UNAVAILABLE. A large batch is judged by
//                         a sample; a lone event, or those of a lone message, cannot be told from
//                         this: they become letters
//   own database away   → nobody's fault: UNAVAILABLE
//   COMMIT in doubt     → UNAVAILABLE: the redelivery is dropped if it had committed
//
// One thread at a time; replicas on the same database are serialised by the row locks.
class Inbox {
 public:
  Inbox(InboxOptions options, InboxStore& store, EventHandler& handler, base::Clock& clock,
        telemetry::Telemetry& telemetry);

  struct Received {
    int64_t applied = 0;
    int64_t duplicates = 0;
    int64_t ignored = 0;
    int64_t letters = 0;

    int64_t events() const { return applied + duplicates + ignored + letters; }
  };
  // OK: every delivery is covered and may be acknowledged. Otherwise UNAVAILABLE: nothing was kept,
  // or only parts that are harmless to see again. `stream_created` keys deliveries that carry no
  // lane. `still_working` is called between the transactions of a batch that takes several.
  absl::StatusOr<Received> Receive(absl::Span<const bus::Delivery> deliveries,
                                   absl::Time stream_created,
                                   absl::FunctionRef<void()> still_working);

 private:
  struct Attempted {
    BatchPlan plan;
    absl::Status handler;  // not OK: the handler's failure, and all was rolled back
  };
  using Announce = absl::FunctionRef<absl::Status(absl::Span<Arrival* const>)>;
  // Covers all, in one transaction if none fails.
  absl::Status Settle(const std::vector<Arrival*>& arrivals,
                      absl::FunctionRef<void()> still_working, Received& received);
  // The same for what may have ended a process before.
  absl::Status SettleAgain(const std::vector<Arrival*>& arrivals,
                           absl::FunctionRef<void()> still_working, Received& received);
  void Tell(const Narrowing& narrowing);
  // Remembers what stands as begun though its attempt is over, until that can be withdrawn.
  void NoteReturned(const std::vector<Arrival*>& arrivals, bool withdrawn);
  absl::Status SettleNarrowed(Narrowing& narrowing, Announce announce,
                              absl::FunctionRef<void()> still_working, Received& received);
  // Writes what is begun of `arrivals`: `part`, and nothing else any more.
  absl::Status Begin(const std::vector<Arrival*>& arrivals, absl::Span<Arrival* const> part);
  // One transaction. An error is the database's.
  absl::StatusOr<Attempted> Attempt(absl::Span<Arrival* const> arrivals);
  // Finds those of `candidates` that fail alone and applies the others. UNAVAILABLE when it is not
  // the events' fault.
  absl::Status Bisect(absl::Span<Arrival* const> candidates, Bisection bisection, Announce announce,
                      absl::FunctionRef<void()> still_working, Received& received);
  absl::Status Keep(db::Transaction& transaction, const BatchPlan& plan, CoveredLanes covered,
                    const std::map<std::string, std::string>& lane_to_source);
  void Count(const BatchPlan& plan, Received& received);
  absl::Time Deadline();

  const InboxOptions options_;
  InboxStore& store_;
  EventHandler& handler_;
  base::Clock& clock_;
  telemetry::Log& log_;
  // Begun here, not applied, and not withdrawn because the database was away.
  CoveredLanes returned_;
  absl::BitGen random_;
  telemetry::Counter& applied_total_;
  telemetry::Counter& duplicates_total_;
  telemetry::Counter& bisections_total_;
  telemetry::Counter& unended_total_;
  telemetry::Histogram& batch_events_;
  telemetry::Histogram& transaction_seconds_;
};

}  // namespace tally::inbox
