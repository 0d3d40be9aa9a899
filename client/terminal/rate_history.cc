#include "client/terminal/rate_history.h"

#include <algorithm>

namespace tally::client {
namespace {

int64_t SecondOf(absl::Duration now) { return absl::ToInt64Seconds(now); }

}  // namespace

void RateHistory::Note(absl::CivilDay day, int64_t orders, absl::Duration now) {
  const int64_t second = SecondOf(now);
  if (last_.has_value()) {
    const int64_t before = last_->day == day ? last_->orders : 0;
    const int64_t from = std::max(std::min(last_->second + 1, second), second - kSeconds + 1);
    Add(std::max<int64_t>(orders - before, 0), from, second);
  }
  last_ = {day, orders, second};
}

void RateHistory::Add(int64_t orders, int64_t from_second, int64_t to_second) {
  int64_t seconds = to_second - from_second + 1;
  for (int64_t second = from_second; second <= to_second; ++second, --seconds) {
    const int64_t share = orders / seconds;
    orders -= share;
    if (by_second_.empty() || by_second_.back().first < second) by_second_.push_back({second, 0});
    by_second_.back().second += share;
  }
  while (by_second_.size() > kSeconds) by_second_.pop_front();
}

std::vector<int64_t> RateHistory::PerSecond(absl::Duration now) const {
  std::vector<int64_t> orders(kSeconds, 0);
  const int64_t first = SecondOf(now) - kSeconds + 1;
  for (const auto& [second, count] : by_second_) {
    if (second >= first && second - first < kSeconds) orders[second - first] = count;
  }
  return orders;
}

}  // namespace tally::client
