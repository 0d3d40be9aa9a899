#pragma once

#include <cstdint>
#include <optional>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"

namespace tally::rpc {

// Lets a bounded number of log lines through in each second, so that a storm of failing calls does
// not become a storm of lines. Thread-safe.
class LogLimit {
 public:
  explicit LogLimit(int lines_per_second_max) : lines_per_second_max_(lines_per_second_max) {}

  // nullopt: do not log. Otherwise log, and say how many lines were left out since the last one.
  std::optional<int64_t> Admit(absl::Time now);

 private:
  const int lines_per_second_max_;
  absl::Mutex mutex_;
  int64_t second_ ABSL_GUARDED_BY(mutex_) = 0;
  int lines_ ABSL_GUARDED_BY(mutex_) = 0;
  int64_t left_out_ ABSL_GUARDED_BY(mutex_) = 0;
};

}  // namespace tally::rpc
