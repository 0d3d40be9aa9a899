#include "client/calls/placement_window.h"

#include <algorithm>
#include <utility>

#include "client/calls/channel.h"
#include "client/calls/retry_policy.h"
#include "common/base/check.h"
#include "common/base/monotonic.h"

namespace tally::client {

// Kept for the next order when done: its messages keep their memory.
struct PlacementWindow::Placement {
  uint64_t key = 0;
  absl::Duration deadline;  // monotonic
  int attempt = 0;
  orders::v1::PlaceOrderRequest request;
  orders::v1::PlaceOrderResponse response;
  grpc::Status status;
  std::unique_ptr<Reader> reader;
  std::optional<grpc::ClientContext> context;  // set while a call is under way
};

PlacementWindow::PlacementWindow(const std::shared_ptr<grpc::Channel>& channel,
                                 const Options& options, OnDone on_done)
    : options_(options),
      on_done_(std::move(on_done)),
      stub_(orders::v1::OrderService::NewStub(channel)) {
  TALLY_CHECK(options_.orders_max > 0);
}

PlacementWindow::~PlacementWindow() {
  for (const std::unique_ptr<Placement>& order : orders_) {
    if (order->context.has_value()) order->context->TryCancel();
  }
  queue_.Shutdown();
  void* tag;
  bool ok;
  while (queue_.Next(&tag, &ok)) continue;
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
  order.attempt = 0;
  order.request = std::move(request);
  Send(order);
}

void PlacementWindow::Send(Placement& order) {
  ++order.attempt;
  order.response.Clear();
  order.context.emplace();
  order.context->set_deadline(
      ToGprTime(std::min(order.deadline, base::MonotonicNow() + kAttemptTimeMax)));
  order.reader = stub_->AsyncPlaceOrder(&*order.context, order.request, &queue_);
  order.reader->Finish(&order.response, &order.status, &order);
}

void PlacementWindow::Advance(absl::Duration wait) {
  SendDue();
  absl::Duration until = base::MonotonicNow() + wait;
  if (!waiting_.empty()) until = std::min(until, waiting_.begin()->first);
  void* tag = nullptr;
  bool ok = false;
  if (queue_.AsyncNext(&tag, &ok, ToGprTime(until)) == grpc::CompletionQueue::GOT_EVENT) {
    Settle(*static_cast<Placement*>(tag));
  }
}

void PlacementWindow::SendDue() {
  if (waiting_.empty()) return;
  const absl::Duration now = base::MonotonicNow();
  while (!waiting_.empty() && waiting_.begin()->first <= now) {
    Placement& order = *waiting_.begin()->second;
    waiting_.erase(waiting_.begin());
    Send(order);
  }
}

void PlacementWindow::Settle(Placement& order) {
  order.reader.reset();
  order.context.reset();
  if (!order.status.ok() && WillRetry(order)) return;
  on_done_({order.key, order.status, order.request, order.response});
  --size_;
  idle_.push_back(&order);
}

bool PlacementWindow::WillRetry(Placement& order) {
  if (!MayBeRetried(order.status)) return false;
  const absl::Duration again = base::MonotonicNow() + RetryDelay(order.status, order.attempt,
                                                                 absl::Uniform(random_, 0.0, 1.0));
  if (again >= order.deadline) return false;
  ++retried_[order.status.error_code()];
  waiting_.emplace(again, &order);
  return true;
}

}  // namespace tally::client
