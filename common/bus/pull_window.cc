#include "common/bus/pull_window.h"

#include <algorithm>

namespace tally::bus {
namespace {

// How long before its expiry a request is taken for over: longer than nobody may look at the
// window.
constexpr absl::Duration kRenewBefore = absl::Seconds(1);

}  // namespace

std::optional<PullWindow::Request> PullWindow::Next(absl::Duration now, size_t held,
                                                    size_t held_bytes) {
  std::erase_if(live_, [now](const Live& request) { return request.deadline <= now; });
  Settle();
  if (now < paused_until_ || held_bytes >= limits_.bytes) return std::nullopt;
  const size_t used = held + outstanding_;
  const size_t refill = std::max<size_t>(1, limits_.messages / 2);
  if (used + refill > limits_.messages) return std::nullopt;
  const Request request{.token = next_token_++, .batch = limits_.messages - used};
  live_.push_back({.token = request.token,
                   .batch = request.batch,
                   .deadline = now + limits_.expires - kRenewBefore});
  outstanding_ += request.batch;
  return request;
}

void PullWindow::OnDelivery() {
  if (outstanding_ > 0) --outstanding_;
  if (outstanding_ == 0) live_.clear();
}

void PullWindow::OnEnd(uint64_t token, std::optional<size_t> undelivered) {
  const size_t erased =
      std::erase_if(live_, [token](const Live& request) { return request.token == token; });
  if (erased > 0) outstanding_ -= std::min(outstanding_, undelivered.value_or(0));
  Settle();
}

void PullWindow::Reset() {
  live_.clear();
  outstanding_ = 0;
  paused_until_ = -absl::InfiniteDuration();
}

void PullWindow::Settle() {
  size_t most = 0;
  for (const Live& request : live_) most += request.batch;
  outstanding_ = std::min(outstanding_, most);
  if (outstanding_ == 0) live_.clear();
}

}  // namespace tally::bus
