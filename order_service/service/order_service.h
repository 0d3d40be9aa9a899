#pragma once

#include <cstdint>
#include <memory>

#include "common/base/clock.h"
#include "common/db/database.h"
#include "common/outbox/outbox.h"
#include "common/rpc/arena_messages.h"
#include "common/rpc/bidi_call.h"
#include "common/rpc/call.h"
#include "common/rpc/endpoint.h"
#include "common/rpc/executor.h"
#include "common/rpc/open_streams.h"
#include "common/telemetry/telemetry.h"
#include "order_service/service/list_query.h"
#include "order_service/service/order_intake.h"
#include "order_service/store/order_store.h"
#include "tally/orders/v1/order_service.grpc.pb.h"

namespace tally::orders {

struct OrderServiceOptions {
  int64_t event_bytes_max = 512 << 10;  // an order whose event would be larger is refused
  size_t streams_max = 256;             // PlaceOrders streams that may be open
  rpc::BidiBounds stream = {};          // what each of them may have under way
};

// tally.orders.v1.OrderService. Changes go through the outbox' writers and are answered after their
// commit; reads run on the executor. The message bus is in no call's way. Everything passed in must
// outlive this. Thread-safe.
class OrderService final : public v1::OrderService::CallbackService {
 public:
  OrderService(OrderServiceOptions options, outbox::Outbox& outbox, db::Database& database,
               const OrderStore& store, rpc::Executor& reads, base::Clock& clock,
               telemetry::Telemetry& telemetry);

  grpc::ServerUnaryReactor* PlaceOrder(grpc::CallbackServerContext* context,
                                       const v1::PlaceOrderRequest* request,
                                       v1::PlaceOrderResponse* response) override;
  grpc::ServerBidiReactor<v1::PlaceOrdersRequest, v1::PlaceOrdersResponse>* PlaceOrders(
      grpc::CallbackServerContext* context) override;
  grpc::ServerUnaryReactor* GetOrder(grpc::CallbackServerContext* context,
                                     const v1::GetOrderRequest* request,
                                     v1::GetOrderResponse* response) override;
  grpc::ServerUnaryReactor* ListOrders(grpc::CallbackServerContext* context,
                                       const v1::ListOrdersRequest* request,
                                       v1::ListOrdersResponse* response) override;
  grpc::ServerUnaryReactor* CancelOrder(grpc::CallbackServerContext* context,
                                        const v1::CancelOrderRequest* request,
                                        v1::CancelOrderResponse* response) override;

  // Tells the PlaceOrders streams to end, when the server stops: what they have read is answered.
  void EndStreams() { streams_.EndAll(); }

  // For the server that serves it.
  rpc::Endpoint& endpoint() { return endpoint_; }

 private:
  absl::Status Get(rpc::Call& call, const v1::GetOrderRequest& request,
                   v1::GetOrderResponse& response);
  absl::Status List(rpc::Call& call, const v1::ListOrdersRequest& request,
                    v1::ListOrdersResponse& response);
  absl::Status FillPage(db::Transaction& transaction, const ListQuery& query,
                        v1::ListOrdersResponse& response);

  const OrderServiceOptions options_;
  db::Database& database_;
  const OrderStore& store_;
  rpc::Executor& reads_;
  base::Clock& clock_;
  OrderIntake intake_;
  rpc::OpenStreams streams_;
  rpc::Endpoint endpoint_;
  rpc::ArenaMessages<v1::PlaceOrderRequest, v1::PlaceOrderResponse> place_order_messages_;
};

}  // namespace tally::orders
