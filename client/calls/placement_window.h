#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <vector>

#include <grpcpp/support/status.h>

#include "absl/random/random.h"
#include "absl/time/time.h"
#include "tally/orders/v1/order_service.pb.h"

namespace tally::client {

// Up to a number of orders on their way to order_service at once, over one connection; how they
// travel is the derived class's matter (UnaryWindow, StreamWindow).
//
// Each order is sent again under its request_id (see retry_policy.h) until it is placed, refused,
// or its deadline has passed; then on_done is called, once for each order, in any order. All work
// happens in Advance(), on the caller's thread: nothing runs in the background. Not thread-safe.
class PlacementWindow {
 public:
  struct Options {
    int orders_max = 64;
    absl::Duration deadline = absl::Seconds(30);  // for each order, from Place()
  };
  struct Outcome {
    uint64_t key;
    const grpc::Status& status;
    const orders::v1::PlaceOrderRequest& request;
    const orders::v1::PlaceOrderResponse& response;  // empty unless the status is OK
  };
  using OnDone = std::function<void(const Outcome&)>;  // must not call the window

  // Cancels what is under way; on_done is not called for it.
  virtual ~PlacementWindow() = default;

  PlacementWindow(const PlacementWindow&) = delete;
  PlacementWindow& operator=(const PlacementWindow&) = delete;

  // Orders placed and not done, those that wait to be sent again included.
  int size() const { return size_; }
  bool full() const { return size_ >= options_.orders_max; }

  // Sends an order that has a request_id, now or in the next Advance(). The window must not be
  // full. `key` is the caller's name for it. Leaves in `request` an old message to be filled again.
  void Place(uint64_t key, orders::v1::PlaceOrderRequest&& request);

  // Blocks until something happened, at most for `wait`, and deals with it.
  void Advance(absl::Duration wait);

  // Attempts that failed and were made again, by code.
  const std::map<grpc::StatusCode, int64_t>& retried() const { return retried_; }

 protected:
  // An order on its way. Kept for the next one when done: the message keeps its memory.
  struct Placement {
    uint64_t key = 0;
    absl::Duration deadline;  // monotonic
    int attempt = 0;
    orders::v1::PlaceOrderRequest request;
  };

  PlacementWindow(const Options& options, OnDone on_done);

  // Makes an attempt, which Poll ends with Settle. Does not block.
  virtual void Send(Placement& order) = 0;
  // Blocks until something happened, at most until that monotonic time, and deals with it.
  virtual void Poll(absl::Duration until) = 0;

  // An attempt is over: the order is done, or will be sent again.
  void Settle(Placement& order, const grpc::Status& status,
              const orders::v1::PlaceOrderResponse& response = {});

 private:
  void SendDue();
  bool WillRetry(Placement& order, const grpc::Status& status);

  const Options options_;
  const OnDone on_done_;
  std::vector<std::unique_ptr<Placement>> orders_;  // all ever made; at most orders_max
  std::vector<Placement*> idle_;
  std::multimap<absl::Duration, Placement*> waiting_;  // by the monotonic time to send again
  std::map<grpc::StatusCode, int64_t> retried_;
  absl::InsecureBitGen random_;
  int size_ = 0;
};

}  // namespace tally::client
