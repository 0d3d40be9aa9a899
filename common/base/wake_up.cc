#include "common/base/wake_up.h"

#include <algorithm>
#include <utility>

namespace tally::base {

void WakeUp::Set() {
  {
    const std::lock_guard lock(mutex_);
    set_ = true;
  }
  changed_.notify_all();
}

bool WakeUp::WaitFor(absl::Duration timeout) {
  std::unique_lock lock(mutex_);
  changed_.wait_for(lock, absl::ToChronoNanoseconds(std::min(timeout, kMaxWait)),
                    [this] { return set_; });
  return std::exchange(set_, false);
}

}  // namespace tally::base
