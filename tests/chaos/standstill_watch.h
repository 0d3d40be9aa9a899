#pragma once

#include <thread>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"

namespace tally::chaos {

// Notices when the whole machine, or all processes of the campaign, stand still (a suspended
// machine, a frozen control group): time that no service could have used. A thread of its own,
// which does nothing else. Thread-safe.
class StandstillWatch {
 public:
  StandstillWatch();
  ~StandstillWatch();

  // Time since the watch began, without the standstills.
  absl::Duration Now() const ABSL_LOCKS_EXCLUDED(mutex_);

 private:
  void Run() ABSL_LOCKS_EXCLUDED(mutex_);

  mutable absl::Mutex mutex_;
  absl::Duration last_ ABSL_GUARDED_BY(mutex_);  // monotonic
  absl::Duration lived_ ABSL_GUARDED_BY(mutex_);
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

}  // namespace tally::chaos
