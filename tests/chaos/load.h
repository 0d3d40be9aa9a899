#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "tests/chaos/buyer.h"
#include "tests/chaos/ledger.h"

namespace tally::chaos {

// Buyers, a thread each, who buy all the time until they are paused: single orders, and one of them
// in bulk. Bounded in rate and in number. Thread-safe.
class Load {
 public:
  struct Options {
    std::vector<config::HostPort> services;
    int buyers = 6;
    double orders_per_second = 60;  // At most; fewer while answers are slow.
    int64_t orders_max = 1'000'000;
    uint64_t seed = 0;
  };

  Load(const Options& options, Ledger& ledger);
  ~Load();

  // Returns when no call is under way.
  void Pause() ABSL_LOCKS_EXCLUDED(mutex_);
  void Resume() ABSL_LOCKS_EXCLUDED(mutex_);

 private:
  void Run(int number) ABSL_LOCKS_EXCLUDED(mutex_);
  bool Begin() ABSL_LOCKS_EXCLUDED(mutex_);
  void End(absl::Duration pause) ABSL_LOCKS_EXCLUDED(mutex_);

  const Options options_;
  Ledger& ledger_;
  absl::Mutex mutex_;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  bool paused_ ABSL_GUARDED_BY(mutex_) = false;
  int buying_ ABSL_GUARDED_BY(mutex_) = 0;
  std::vector<std::thread> threads_;
};

}  // namespace tally::chaos
