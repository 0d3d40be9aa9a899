#pragma once

#include <cstdint>
#include <deque>
#include <memory>

#include <grpcpp/channel.h>
#include <grpcpp/completion_queue.h>

#include "absl/container/flat_hash_map.h"
#include "absl/random/random.h"
#include "client/calls/placement_window.h"
#include "tally/orders/v1/order_service.grpc.pb.h"

namespace tally::client {

// The orders share one PlaceOrders stream: those that wait together leave in one message. A stream
// that ends, or that brings no answer for kAttemptTimeMax although orders wait for theirs, counts
// as a failed attempt of each order that is not answered; the next attempts open another. Streams
// that fail are opened no faster than a single call would be repeated: new orders wait that long.
class StreamWindow final : public PlacementWindow {
 public:
  // `message_orders_max` is 1 to 100.
  StreamWindow(const std::shared_ptr<grpc::Channel>& channel, const Options& options,
               int message_orders_max, OnDone on_done);
  // With nothing under way it half-closes the stream and waits for its end, a second at most.
  ~StreamWindow() override;

 private:
  struct Stream;

  void Send(Placement& order) override { to_send_.push_back(&order); }
  void Poll(absl::Duration until) override;

  void Open();
  void Write();
  void FillRequest();
  void HandleEvent(absl::Duration until);
  void TakeAnswers();
  void Fail(const grpc::Status& status);
  void GiveUpOverdue(absl::Duration now);
  void CancelIfSilent(absl::Duration now);

  const int message_orders_max_;
  const std::unique_ptr<orders::v1::OrderService::Stub> stub_;
  grpc::CompletionQueue queue_;
  std::unique_ptr<Stream> stream_;  // null until an order is to be sent
  int failures_ = 0;                // streams in a row that brought no answer, and the last
  absl::Duration next_open_;        // monotonic
  absl::InsecureBitGen random_;
  orders::v1::PlaceOrdersRequest request_;
  std::deque<Placement*> to_send_;
  absl::flat_hash_map<uint64_t, Placement*> sent_;  // by item key; not answered yet
  uint64_t items_ = 0;                              // sent ever: the next item key
  absl::Duration last_sign_;  // of life, or when the first of `sent_` was sent; monotonic
  absl::Duration next_look_;  // for what is overdue
};

}  // namespace tally::client
