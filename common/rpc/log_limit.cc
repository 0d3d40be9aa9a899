#include "common/rpc/log_limit.h"

#include <utility>

namespace tally::rpc {

std::optional<int64_t> LogLimit::Admit(absl::Time now) {
  absl::MutexLock lock(&mutex_);
  if (const int64_t second = absl::ToUnixSeconds(now); second != second_) {
    second_ = second;
    lines_ = 0;
  }
  if (lines_ == lines_per_second_max_) {
    ++left_out_;
    return std::nullopt;
  }
  ++lines_;
  return std::exchange(left_out_, 0);
}

}  // namespace tally::rpc
