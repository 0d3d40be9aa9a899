#pragma once

#include <condition_variable>
#include <mutex>

#include "absl/time/time.h"

namespace tally::base {

// A level that ends one wait: set while nobody waits, it ends the next wait at once, so no wake-up
// is lost; set twice before a wait, it counts once. Thread-safe.
//
// Waits by the monotonic clock: absl::Mutex and absl::CondVar time out by the wall clock, and one
// that is set back an hour would hold every loop for that hour.
class WakeUp {
 public:
  static constexpr absl::Duration kMaxWait = absl::Hours(1);

  void Set();

  // Blocks until Set() or for `timeout`, at most kMaxWait; takes the level down, and returns
  // whether it was set.
  bool WaitFor(absl::Duration timeout);

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool set_ = false;  // Guarded by mutex_; std::mutex carries no annotations.
};

}  // namespace tally::base
