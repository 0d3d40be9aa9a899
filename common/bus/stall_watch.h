#pragma once

#include "absl/time/time.h"

namespace tally::bus {

// Notices that a durable has messages and delivers none. Quiet for `stall_after`, the durable is
// asked for its state; when two answers in a row say that something waits and still nothing came,
// the next remedy is due: pull again, subscribe again, reconnect, and round again until something
// comes. Times are of base::MonotonicNow(). Pure; one thread at a time.
class StallWatch {
 public:
  enum class Remedy { kNone, kPull, kSubscribe, kReconnect };

  StallWatch(absl::Duration stall_after, absl::Duration now)
      : stall_after_(stall_after), quiet_since_(now) {}

  void OnDelivery(absl::Duration now);
  // Asking begins (again) only now: the silence before means nothing.
  void OnAskedAnew(absl::Duration now);
  // There is a reason to ask for the state before it is time.
  void Suspect() { suspicious_ = true; }

  // Whether to ask for the durable's state now; true counts as asked. At most a few times per
  // second.
  bool AskNow(absl::Duration now);
  // `waits`: the state says that messages could be delivered.
  Remedy OnState(absl::Duration now, bool waits);

 private:
  const absl::Duration stall_after_;
  absl::Duration quiet_since_;
  absl::Duration asked_at_ = -absl::InfiniteDuration();
  bool suspicious_ = false;
  int answers_waiting_ = 0;
  Remedy last_remedy_ = Remedy::kNone;
};

}  // namespace tally::bus
