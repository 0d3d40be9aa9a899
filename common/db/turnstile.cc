#include "common/db/turnstile.h"

#include <algorithm>

#include "absl/time/clock.h"

namespace tally::db {

Turnstile::Pass Turnstile::Enter(absl::Duration patience) {
  absl::MutexLock lock(&mutex_);
  if (free_ > 0) {
    --free_;
    return Pass(this);
  }
  Waiter waiter;
  queue_.push_back(&waiter);
  const absl::Time deadline = absl::Now() + patience;
  while (!waiter.in) {
    if (waiter.called.WaitWithDeadline(&mutex_, deadline) && !waiter.in) {
      queue_.erase(std::find(queue_.begin(), queue_.end(), &waiter));
      return nullptr;
    }
  }
  return Pass(this);
}

int Turnstile::waiting() {
  absl::MutexLock lock(&mutex_);
  return static_cast<int>(queue_.size());
}

void Turnstile::Leave() {
  absl::MutexLock lock(&mutex_);
  if (queue_.empty()) {
    ++free_;
    return;
  }
  // The place is handed over, so that nobody who comes now can overtake.
  queue_.front()->in = true;
  queue_.front()->called.Signal();
  queue_.pop_front();
}

}  // namespace tally::db
