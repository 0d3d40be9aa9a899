// Shows that ThreadSanitizer works here: it reports the race of `race`, and of `wrong_lock`, and
// nothing of `ordered`.

#include <atomic>
#include <iostream>
#include <string_view>
#include <thread>

#include "absl/synchronization/blocking_counter.h"
#include "absl/synchronization/mutex.h"
#include "absl/synchronization/notification.h"
#include "absl/time/time.h"

namespace {

constexpr int kRounds = 1000;

int unguarded_total = 0;

// Two threads add up under the mutex each was given.
int AddUp(absl::Mutex* first, absl::Mutex* second) {
  const auto add = [](absl::Mutex* mutex) {
    for (int i = 0; i < kRounds; ++i) {
      absl::MutexLockMaybe lock(mutex);
      ++unguarded_total;
    }
  };
  std::thread other(add, second);
  add(first);
  other.join();
  return unguarded_total;
}

// Two threads take turns; each evaluates the other's condition when it unlocks.
int TakeTurns() {
  absl::Mutex mutex;
  int turn = 0;
  const auto take = [&](int parity) {
    const auto mine = [&] { return turn % 2 == parity; };
    for (int i = 0; i < kRounds; ++i) {
      if (i % 2 == 0) {
        absl::MutexLock lock(&mutex, absl::Condition(&mine));
        ++turn;
      } else {
        absl::MutexLock lock(&mutex);
        while (!mutex.AwaitWithTimeout(absl::Condition(&mine), absl::Minutes(1))) {
        }
        ++turn;
      }
    }
  };
  std::thread other(take, 1);
  take(0);
  other.join();
  return turn;
}

int HandOver() {
  int value = 0;
  absl::Notification notified;
  absl::BlockingCounter counted(2);
  std::atomic<bool> first_counted = false;  // Relaxed: orders the two counts, and nothing else.
  absl::Mutex mutex;
  absl::CondVar changed;
  bool signalled = false;
  std::thread other([&] {
    value = 1;
    notified.Notify();
    while (!first_counted.load(std::memory_order_relaxed)) std::this_thread::yield();
    counted.DecrementCount();
    counted.Wait();
    ++value;
    absl::MutexLock lock(&mutex);
    signalled = true;
    changed.Signal();
  });
  while (!notified.HasBeenNotified()) std::this_thread::yield();
  ++value;
  counted.DecrementCount();
  first_counted.store(true, std::memory_order_relaxed);
  {
    absl::MutexLock lock(&mutex);
    while (!signalled) changed.Wait(&mutex);
  }
  {
    absl::ReaderMutexLock lock(&mutex);
    if (signalled) ++value;
  }
  other.join();
  return value;
}

}  // namespace

int main(int argc, char** argv) {
  const std::string_view mode = argc > 1 ? argv[1] : "";
  absl::Mutex one, two;
  if (mode == "race") return AddUp(nullptr, nullptr) < 0;
  if (mode == "wrong_lock") return AddUp(&one, &two) < 0;
  if (mode != "ordered") {
    std::cerr << "canary race|wrong_lock|ordered\n";
    return 2;
  }
  const bool right =
      AddUp(&one, &one) == 2 * kRounds && TakeTurns() == 2 * kRounds && HandOver() == 4;
  return right ? 0 : 1;
}
