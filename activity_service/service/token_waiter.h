#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "common/base/clock.h"
#include "common/base/consistency_token.h"
#include "common/base/step_thread.h"
#include "common/inbox/inbox_store.h"
#include "common/rpc/call.h"
#include "common/telemetry/telemetry.h"

namespace tally::activity {

struct TokenWaiterOptions {
  size_t waits_max = 1000;
  absl::Duration wait_max = absl::Seconds(30);
  absl::Duration poll_interval = absl::Milliseconds(20);  // longer where asking takes long
  // Asks the producer, soon, what keeps an event; called now and then while one does not come. Does
  // not block; what the producer says of parked and void events is found in the database.
  std::function<void(const std::string& lane_id, int64_t sequence)> inquire = nullptr;
  absl::Duration inquire_every = absl::Seconds(1);
};

// Holds calls that brought a consistency token until the event it names is counted, here or by
// another replica. One thread asks the database for all of them, so a call that waits costs no
// thread; it rests while nobody waits. Thread-safe.
class TokenWaiter {
 public:
  // Told once how a wait ended; must not block.
  //   OK                   counted: statistics read from now on contain the event
  //   FAILED_PRECONDITION  it is a dead or discarded letter, or parked or void at its producer:
  //                        waiting is no use
  //   DEADLINE_EXCEEDED    not counted within the call's deadline or wait_max
  //   CANCELLED            nobody waits for the answer any more
  //   RESOURCE_EXHAUSTED   too many calls wait
  //   UNAVAILABLE          the database is away, or the service stops
  using Done = absl::AnyInvocable<void(const absl::Status&)>;

  TokenWaiter(TokenWaiterOptions options, inbox::InboxStore& store, base::Clock& clock,
              telemetry::Telemetry& telemetry);
  ~TokenWaiter();  // Ends all waits with UNAVAILABLE.

  // Does not block. `call` must stay valid until `done`, which comes from another thread, or from
  // this one when too many wait.
  void Wait(const base::ConsistencyToken& token, const rpc::Call& call, Done done);

 private:
  struct Pending {
    base::ConsistencyToken token;
    const rpc::Call* call;
    absl::Time deadline;
    Done done;
    absl::Duration inquire_at;                           // by MonotonicNow()
    std::optional<absl::Status> outcome = std::nullopt;  // unset while it is to go on
  };

  absl::Duration Step();
  // Returns how many of waits_ were there before.
  size_t TakeArrived();
  absl::Status AskDatabase(absl::Span<Pending> waits);
  void AskProducers(absl::Duration now);
  void AskCall(Pending& wait) const;
  void EndSettled();

  const TokenWaiterOptions options_;
  inbox::InboxStore& store_;
  base::Clock& clock_;
  telemetry::Gauge& waiting_;

  // Of the thread alone.
  std::vector<Pending> waits_;
  absl::Duration next_round_ = absl::ZeroDuration();  // by MonotonicNow()

  absl::Mutex mutex_;
  std::vector<Pending> arrived_ ABSL_GUARDED_BY(mutex_);
  size_t total_ ABSL_GUARDED_BY(mutex_) = 0;        // of waits_ and arrived_
  const std::shared_ptr<base::StepThread> thread_;  // Last; shared with its liveness check.
};

}  // namespace tally::activity
