#pragma once

#include <deque>
#include <memory>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"

namespace tally::db {

// Lets a bounded number in at once; those who wait get in strictly in the order they came.
// Thread-safe.
class Turnstile {
 public:
  struct Leaver {
    void operator()(Turnstile* turnstile) const { turnstile->Leave(); }
  };
  // Whoever holds it is in. Must not outlive the turnstile.
  using Pass = std::unique_ptr<Turnstile, Leaver>;

  explicit Turnstile(int places) : free_(places) {}

  // Waits at most `patience`; null if no place came free. Takes a free place whatever the patience.
  Pass Enter(absl::Duration patience);

  int waiting();

 private:
  struct Waiter {
    absl::CondVar called;
    bool in = false;
  };
  void Leave();

  absl::Mutex mutex_;
  int free_ ABSL_GUARDED_BY(mutex_);
  std::deque<Waiter*> queue_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace tally::db
