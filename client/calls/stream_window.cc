#include "client/calls/stream_window.h"

#include <algorithm>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "client/calls/channel.h"
#include "client/calls/retry_policy.h"
#include "common/base/monotonic.h"
#include "common/rpc/arena_message.h"
#include "common/rpc/error_details.h"

namespace tally::client {
namespace {

using orders::v1::PlaceOrdersRequest;
using orders::v1::PlaceOrdersResponse;

constexpr absl::Duration kLookInterval = absl::Milliseconds(100);
constexpr absl::Duration kGoodbyeMax = absl::Seconds(1);

// A message ends when it is this large; an order beyond what the service accepts in a message would
// end the stream for all.
constexpr size_t kMessageBytes = 1 << 20;
constexpr size_t kOrderBytesMax = 2 << 20;

enum Operation : int { kStart, kRead, kWrite, kWritesDone, kFinish };

void* TagOf(Operation operation) { return reinterpret_cast<void*>(operation); }

}  // namespace

// From its first operation to the end of its last.
struct StreamWindow::Stream {
  grpc::ClientContext context;
  std::unique_ptr<grpc::ClientAsyncReaderWriter<PlaceOrdersRequest, PlaceOrdersResponse>> calls;
  std::unique_ptr<rpc::ArenaMessage<PlaceOrdersResponse>> response;
  grpc::Status status;
  bool writable = false;  // open, and no write is under way
  bool answered = false;  // something
  bool silent = false;    // cancelled because nothing came
  int operations = 0;     // under way
  bool ending = false;    // Finish has been called

  void Read() {
    response = std::make_unique<rpc::ArenaMessage<PlaceOrdersResponse>>();
    ++operations;
    calls->Read(&**response, TagOf(kRead));
  }
  void Finish() {
    writable = false;
    if (std::exchange(ending, true)) return;
    ++operations;
    calls->Finish(&status, TagOf(kFinish));
  }
};

StreamWindow::StreamWindow(const std::shared_ptr<grpc::Channel>& channel, const Options& options,
                           int message_orders_max, OnDone on_done)
    : PlacementWindow(options, std::move(on_done)),
      message_orders_max_(message_orders_max),
      stub_(orders::v1::OrderService::NewStub(channel)) {}

StreamWindow::~StreamWindow() {
  const absl::Duration end = base::MonotonicNow() + kGoodbyeMax;
  while (stream_ != nullptr && size() == 0 && base::MonotonicNow() < end) {
    if (std::exchange(stream_->writable, false)) {
      ++stream_->operations;
      stream_->calls->WritesDone(TagOf(kWritesDone));
    }
    HandleEvent(end);
  }
  if (stream_ != nullptr) stream_->context.TryCancel();
  queue_.Shutdown();
  void* tag;
  bool ok;
  while (queue_.Next(&tag, &ok)) continue;
}

void StreamWindow::Poll(absl::Duration until) {
  if (!to_send_.empty()) {
    if (stream_ == nullptr && base::MonotonicNow() >= next_open_) Open();
    if (stream_ != nullptr && stream_->writable) Write();
  }
  HandleEvent(std::min(until, next_look_));
  const absl::Duration now = base::MonotonicNow();
  if (now < next_look_) return;
  next_look_ = now + kLookInterval;
  GiveUpOverdue(now);
  CancelIfSilent(now);
}

void StreamWindow::Open() {
  stream_ = std::make_unique<Stream>();
  last_sign_ = base::MonotonicNow();
  stream_->operations = 1;
  stream_->calls = stub_->AsyncPlaceOrders(&stream_->context, &queue_, TagOf(kStart));
}

void StreamWindow::Write() {
  if (sent_.empty()) last_sign_ = base::MonotonicNow();
  FillRequest();
  if (request_.items().empty()) return;
  stream_->writable = false;
  ++stream_->operations;
  stream_->calls->Write(request_, TagOf(kWrite));  // it is serialized when this returns
  for (PlaceOrdersRequest::Item& item : *request_.mutable_items()) {
    static_cast<void>(item.release_order());
  }
}

// The orders stay where they are: the request only borrows them.
void StreamWindow::FillRequest() {
  request_.Clear();
  size_t bytes = 0;
  while (!to_send_.empty() && request_.items_size() < message_orders_max_ &&
         bytes < kMessageBytes) {
    Placement& order = *to_send_.front();
    to_send_.pop_front();
    const size_t order_bytes = order.request.ByteSizeLong();
    if (order_bytes > kOrderBytesMax) {
      Settle(order, grpc::Status(grpc::StatusCode::RESOURCE_EXHAUSTED,
                                 "the order is larger than the service accepts"));
      continue;
    }
    bytes += order_bytes;
    PlaceOrdersRequest::Item& item = *request_.add_items();
    absl::StrAppend(item.mutable_item_key(), items_);
    item.set_allocated_order(&order.request);
    sent_.emplace(items_++, &order);
  }
}

void StreamWindow::HandleEvent(absl::Duration until) {
  void* tag = nullptr;
  bool ok = false;
  if (queue_.AsyncNext(&tag, &ok, ToGprTime(until)) != grpc::CompletionQueue::GOT_EVENT) return;
  const auto operation = static_cast<Operation>(reinterpret_cast<intptr_t>(tag));
  Stream& stream = *stream_;
  --stream.operations;
  if (operation != kFinish && !ok) {
    stream.Finish();
  } else if (operation == kStart) {
    stream.writable = true;
    stream.Read();
  } else if (operation == kRead) {
    TakeAnswers();
    stream.Read();
  } else if (operation == kWrite) {
    stream.writable = !stream.ending;
  }
  if (stream.ending && stream.operations == 0) {
    const std::unique_ptr<Stream> ended = std::move(stream_);
    failures_ = ended->answered ? 1 : failures_ + 1;
    Fail(ended->silent ? grpc::Status(grpc::StatusCode::DEADLINE_EXCEEDED,
                                      "no answer came on the stream in time")
                       : ended->status);
  }
}

void StreamWindow::TakeAnswers() {
  last_sign_ = base::MonotonicNow();
  stream_->answered = true;
  for (const PlaceOrdersResponse::Result& result : (*stream_->response)->results()) {
    uint64_t item = 0;
    if (!absl::SimpleAtoi(result.item_key(), &item)) continue;
    const auto found = sent_.find(item);
    if (found == sent_.end()) continue;  // given up in the meantime
    Placement& order = *found->second;
    sent_.erase(found);
    if (result.has_placed()) {
      Settle(order, grpc::Status::OK, result.placed());
    } else {
      Settle(order, rpc::ToGrpcStatus(result.error()));
    }
  }
}

// Also of what was not sent yet: the next stream would fare no better, so they wait their turn.
void StreamWindow::Fail(const grpc::Status& status) {
  const grpc::Status why =
      status.ok() ? grpc::Status(grpc::StatusCode::UNAVAILABLE, "the stream ended") : status;
  next_open_ = base::MonotonicNow() + RetryDelay(why, failures_, absl::Uniform(random_, 0.0, 1.0));
  for (const auto& [item, order] : std::exchange(sent_, {})) Settle(*order, why);
  for (Placement* order : std::exchange(to_send_, {})) Settle(*order, why);
}

void StreamWindow::GiveUpOverdue(absl::Duration now) {
  const grpc::Status status(grpc::StatusCode::DEADLINE_EXCEEDED, "no answer came in time");
  for (auto next = sent_.begin(); next != sent_.end();) {
    const auto item = next++;
    Placement& order = *item->second;
    if (order.deadline > now) continue;
    sent_.erase(item);
    Settle(order, status);
  }
  const auto overdue = std::stable_partition(
      to_send_.begin(), to_send_.end(), [&](Placement* order) { return order->deadline > now; });
  for (auto order = overdue; order != to_send_.end(); ++order) Settle(**order, status);
  to_send_.erase(overdue, to_send_.end());
}

void StreamWindow::CancelIfSilent(absl::Duration now) {
  if (stream_ == nullptr || stream_->silent || now - last_sign_ < kAttemptTimeMax) return;
  if (sent_.empty() && stream_->writable) return;  // nothing is waited for
  stream_->silent = true;
  stream_->context.TryCancel();
}

}  // namespace tally::client
