#include "client/calls/unary_window.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "client/calls/channel.h"
#include "client/calls/retry_policy.h"
#include "common/base/monotonic.h"

namespace tally::client {

// Kept for the next attempt when done: the response keeps its memory.
struct UnaryWindow::Call {
  Placement* order = nullptr;
  orders::v1::PlaceOrderResponse response;
  grpc::Status status;
  std::unique_ptr<grpc::ClientAsyncResponseReader<orders::v1::PlaceOrderResponse>> reader;
  std::optional<grpc::ClientContext> context;  // set while under way
};

UnaryWindow::UnaryWindow(const std::shared_ptr<grpc::Channel>& channel, const Options& options,
                         OnDone on_done)
    : PlacementWindow(options, std::move(on_done)),
      stub_(orders::v1::OrderService::NewStub(channel)) {}

UnaryWindow::~UnaryWindow() {
  for (const std::unique_ptr<Call>& call : calls_) {
    if (call->context.has_value()) call->context->TryCancel();
  }
  queue_.Shutdown();
  void* tag;
  bool ok;
  while (queue_.Next(&tag, &ok)) continue;
}

void UnaryWindow::Send(Placement& order) {
  if (idle_.empty()) {
    calls_.push_back(std::make_unique<Call>());
    idle_.push_back(calls_.back().get());
  }
  Call& call = *idle_.back();
  idle_.pop_back();
  call.order = &order;
  call.response.Clear();
  call.context.emplace();
  call.context->set_deadline(
      ToGprTime(std::min(order.deadline, base::MonotonicNow() + kAttemptTimeMax)));
  call.reader = stub_->AsyncPlaceOrder(&*call.context, order.request, &queue_);
  call.reader->Finish(&call.response, &call.status, &call);
}

void UnaryWindow::Poll(absl::Duration until) {
  void* tag = nullptr;
  bool ok = false;
  if (queue_.AsyncNext(&tag, &ok, ToGprTime(until)) != grpc::CompletionQueue::GOT_EVENT) return;
  Call& call = *static_cast<Call*>(tag);
  call.reader.reset();
  call.context.reset();
  idle_.push_back(&call);
  Settle(*call.order, call.status, call.response);
}

}  // namespace tally::client
