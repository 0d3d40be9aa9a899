#include "order_service/service/order_service.h"

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "common/base/status_macros.h"
#include "common/base/violations.h"
#include "common/rpc/errors.h"
#include "common/rpc/handle.h"
#include "order_service/domain/order_validation.h"
#include "order_service/service/cancellation_request.h"
#include "order_service/service/list_query.h"
#include "order_service/service/order_messages.h"
#include "order_service/service/page_token.h"
#include "order_service/service/place_order_command.h"
#include "order_service/service/place_orders_call.h"
#include "order_service/service/placement_request.h"
#include "order_service/service/read_error.h"
#include "order_service/service/write_error.h"

namespace tally::orders {
namespace {

// A page ends early rather than grow beyond what clients accept in one message (4 MiB unless they
// say otherwise).
constexpr size_t kPageBytesMax = 3 << 20;
// Orders read in one go: each may have half a MiB.
constexpr int kReadAtOnce = 50;

using PlaceOrderCall = rpc::UnaryCall<v1::PlaceOrderRequest, v1::PlaceOrderResponse>;

class UnaryPlacement final : public PlaceOrderCommand {
 public:
  UnaryPlacement(PlaceOrderCall& call, PlacementRequest request)
      : PlaceOrderCommand(std::move(request.draft), std::move(request.event)), call_(call) {}

  absl::Time deadline() const override { return call_.deadline(); }
  bool cancelled() const override { return call_.Cancelled(); }

  void Finish(const absl::Status& status) override {
    absl::Status answer = status.ok() ? decision() : WriteError(status);
    if (answer.ok()) ToPlaced(placed(), call_.response());
    call_.Finish(answer);
  }

 private:
  PlaceOrderCall& call_;
};

using CancelOrderCall = rpc::UnaryCall<v1::CancelOrderRequest, v1::CancelOrderResponse>;

class UnaryCancellation final : public CancelOrderCommand {
 public:
  UnaryCancellation(CancelOrderCall& call, CancellationRequest request)
      : CancelOrderCommand(std::move(request)), call_(call) {}

  absl::Time deadline() const override { return call_.deadline(); }
  bool cancelled() const override { return call_.Cancelled(); }

  void Finish(const absl::Status& status) override {
    const absl::Status answer = status.ok() ? decision() : WriteError(status);
    if (answer.ok()) ToCancelled(cancelled_order(), call_.response());
    call_.Finish(answer);
  }

 private:
  CancelOrderCall& call_;
};

absl::StatusOr<base::Uuid> ParseOrderId(const std::string& text) {
  absl::StatusOr<base::Uuid> order_id = base::Uuid::Parse(text);
  if (order_id.ok()) return order_id;
  base::Violations violations;
  violations.Add("order_id", kOrderIdForm);
  return rpc::BadRequest(violations);
}

}  // namespace

OrderService::OrderService(OrderServiceOptions options, outbox::Outbox& outbox,
                           db::Database& database, const OrderStore& store, rpc::Executor& reads,
                           base::Clock& clock, telemetry::Telemetry& telemetry)
    : options_(options),
      database_(database),
      store_(store),
      reads_(reads),
      clock_(clock),
      intake_(options.event_bytes_max, outbox, clock),
      streams_(options.streams_max),
      endpoint_(v1::OrderService::service_full_name(), telemetry) {
  SetMessageAllocatorFor_PlaceOrder(&place_order_messages_);
}

grpc::ServerUnaryReactor* OrderService::PlaceOrder(grpc::CallbackServerContext* context,
                                                   const v1::PlaceOrderRequest* request,
                                                   v1::PlaceOrderResponse* response) {
  return rpc::Handle(
      endpoint_, "PlaceOrder", context, request, response, [this](PlaceOrderCall& call) {
        absl::StatusOr<PlacementRequest> placement = intake_.Prepare(call.request(), call);
        if (!placement.ok()) return call.Finish(placement.status());
        std::unique_ptr<outbox::Command> command =
            std::make_unique<UnaryPlacement>(call, *std::move(placement));
        const absl::Status status = intake_.outbox().Submit(command);
        if (!status.ok()) call.Finish(WriteError(status));
      });
}

grpc::ServerUnaryReactor* OrderService::GetOrder(grpc::CallbackServerContext* context,
                                                 const v1::GetOrderRequest* request,
                                                 v1::GetOrderResponse* response) {
  return rpc::HandleBlocking(endpoint_, "GetOrder", context, request, response, reads_,
                             [this](rpc::Call& call, const v1::GetOrderRequest& req,
                                    v1::GetOrderResponse& res) { return Get(call, req, res); });
}

grpc::ServerUnaryReactor* OrderService::ListOrders(grpc::CallbackServerContext* context,
                                                   const v1::ListOrdersRequest* request,
                                                   v1::ListOrdersResponse* response) {
  return rpc::HandleBlocking(endpoint_, "ListOrders", context, request, response, reads_,
                             [this](rpc::Call& call, const v1::ListOrdersRequest& req,
                                    v1::ListOrdersResponse& res) { return List(call, req, res); });
}

grpc::ServerBidiReactor<v1::PlaceOrdersRequest, v1::PlaceOrdersResponse>* OrderService::PlaceOrders(
    grpc::CallbackServerContext* context) {
  return (new PlaceOrdersCall(endpoint_, *context, streams_, options_.stream, intake_))->Start();
}

grpc::ServerUnaryReactor* OrderService::CancelOrder(grpc::CallbackServerContext* context,
                                                    const v1::CancelOrderRequest* request,
                                                    v1::CancelOrderResponse* response) {
  return rpc::Handle(endpoint_, "CancelOrder", context, request, response,
                     [this](CancelOrderCall& call) {
                       absl::StatusOr<CancellationRequest> cancellation =
                           PrepareCancellation(call.request(), call.caller().name, clock_.Now());
                       if (!cancellation.ok()) return call.Finish(cancellation.status());
                       cancellation->traceparent = std::string(call.traceparent());
                       std::unique_ptr<outbox::Command> command =
                           std::make_unique<UnaryCancellation>(call, *std::move(cancellation));
                       const absl::Status status = intake_.outbox().Submit(command);
                       if (!status.ok()) call.Finish(WriteError(status));
                     });
}

absl::Status OrderService::Get(rpc::Call& call, const v1::GetOrderRequest& request,
                               v1::GetOrderResponse& response) {
  ASSIGN_OR_RETURN(const base::Uuid order_id, ParseOrderId(request.order_id()));
  std::optional<Order> order;
  RETURN_IF_ERROR(
      ReadError(database_.Run(db::Mode::kRead, call.deadline(), [&](db::Transaction& transaction) {
        ASSIGN_OR_RETURN(order, store_.Find(transaction, order_id));
        return absl::OkStatus();
      })));
  if (!order.has_value()) {
    return rpc::Error(absl::StatusCode::kNotFound, "ORDER_NOT_FOUND",
                      "there is no order with this order_id", {{"order_id", order_id.ToString()}});
  }
  ToMessage(*order, *response.mutable_order());
  return absl::OkStatus();
}

absl::Status OrderService::List(rpc::Call& call, const v1::ListOrdersRequest& request,
                                v1::ListOrdersResponse& response) {
  ASSIGN_OR_RETURN(const ListQuery query, ParseListQuery(request));
  return ReadError(database_.Run(
      db::Mode::kRead, call.deadline(),
      [&](db::Transaction& transaction) { return FillPage(transaction, query, response); }));
}

absl::Status OrderService::FillPage(db::Transaction& transaction, const ListQuery& query,
                                    v1::ListOrdersResponse& response) {
  std::optional<OrderCursor> last = query.after;
  size_t bytes = 0;
  for (;;) {
    // One more than the page has room for tells whether another page follows.
    const int wanted = std::min(kReadAtOnce, query.page_size - response.orders_size() + 1);
    ASSIGN_OR_RETURN(const std::vector<Order> orders,
                     store_.List(transaction, query.filter, last, wanted));
    for (const Order& order : orders) {
      if (response.orders_size() == query.page_size || bytes > kPageBytesMax) {
        response.set_next_page_token(EncodePageToken(query.filter, *last));
        return absl::OkStatus();
      }
      v1::Order& message = *response.add_orders();
      ToMessage(order, message);
      bytes += message.ByteSizeLong();
      last = OrderCursor{order.place_time, order.order_id};
    }
    if (static_cast<int>(orders.size()) < wanted) return absl::OkStatus();
  }
}

}  // namespace tally::orders
