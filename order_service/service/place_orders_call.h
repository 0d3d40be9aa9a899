#pragma once

#include <string>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "common/rpc/bidi_call.h"
#include "order_service/domain/order.h"
#include "order_service/service/item_keys.h"
#include "order_service/service/order_intake.h"
#include "tally/orders/v1/order_service.pb.h"

namespace tally::orders {

// One PlaceOrders stream. Each item is a command of its own in the writers' queue, and waits there
// no longer than a PlaceOrder without a deadline would. An item that the queue has no room for is
// answered at once, with RESOURCE_EXHAUSTED: the bounds of the streams make that rare.
class PlaceOrdersCall final
    : public rpc::BidiCall<v1::PlaceOrdersRequest, v1::PlaceOrdersResponse> {
 public:
  // Made by OrderService, deletes itself.
  PlaceOrdersCall(const rpc::Endpoint& endpoint, const grpc::CallbackServerContext& context,
                  rpc::OpenStreams& streams, rpc::BidiBounds bounds, OrderIntake& intake)
      : BidiCall(endpoint, "PlaceOrders", context, streams, bounds),
        item_time_max_(endpoint.options().default_deadline),
        intake_(intake) {}

 private:
  class Placement;

  ~PlaceOrdersCall() override = default;

  absl::Status Take(const v1::PlaceOrdersRequest& request) override;

  // Answers an item that was read at `start`; with the order if the status is OK.
  void Answer(Item& item, const std::string& key, absl::Time start, const absl::Status& status,
              const Order& order = {});

  const absl::Duration item_time_max_;
  OrderIntake& intake_;
  ItemKeys keys_;
};

}  // namespace tally::orders
