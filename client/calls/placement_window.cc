#include "client/calls/placement_window.h"

#include <algorithm>
#include <utility>

#include "client/calls/retry_policy.h"
#include "common/base/check.h"
#include "common/base/monotonic.h"

namespace tally::client {

PlacementWindow::PlacementWindow(const Options& options, OnDone on_done)
    : options_(options), on_done_(std::move(on_done)) {
  TALLY_CHECK(options_.orders_max > 0);
}

void PlacementWindow::Place(uint64_t key, orders::v1::PlaceOrderRequest&& request) {
  TALLY_CHECK(!full() && !request.request_id().empty());
  if (idle_.empty()) {
    orders_.push_back(std::make_unique<Placement>());
    idle_.push_back(orders_.back().get());
  }
  Placement& order = *idle_.back();
  idle_.pop_back();
  ++size_;
  order.key = key;
  order.deadline = base::MonotonicNow() + options_.deadline;
  order.attempt = 1;
  order.request = std::move(request);
  Send(order);
}

void PlacementWindow::Advance(absl::Duration wait) {
  SendDue();
  absl::Duration until = base::MonotonicNow() + wait;
  if (!waiting_.empty()) until = std::min(until, waiting_.begin()->first);
  Poll(until);
}

void PlacementWindow::SendDue() {
  if (waiting_.empty()) return;
  const absl::Duration now = base::MonotonicNow();
  while (!waiting_.empty() && waiting_.begin()->first <= now) {
    Placement& order = *waiting_.begin()->second;
    waiting_.erase(waiting_.begin());
    ++order.attempt;
    Send(order);
  }
}

void PlacementWindow::Settle(Placement& order, const grpc::Status& status,
                             const orders::v1::PlaceOrderResponse& response) {
  if (!status.ok() && WillRetry(order, status)) return;
  on_done_({order.key, status, order.request, response});
  --size_;
  idle_.push_back(&order);
}

bool PlacementWindow::WillRetry(Placement& order, const grpc::Status& status) {
  if (!MayBeRetried(status)) return false;
  const absl::Duration again =
      base::MonotonicNow() + RetryDelay(status, order.attempt, absl::Uniform(random_, 0.0, 1.0));
  if (again >= order.deadline) return false;
  ++retried_[status.error_code()];
  waiting_.emplace(again, &order);
  return true;
}

}  // namespace tally::client
