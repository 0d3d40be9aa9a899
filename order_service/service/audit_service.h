#pragma once

#include "absl/status/status.h"
#include "common/db/database.h"
#include "common/rpc/call.h"
#include "common/rpc/endpoint.h"
#include "common/rpc/executor.h"
#include "common/telemetry/telemetry.h"
#include "order_service/store/order_sums.h"
#include "tally/orders/v1/audit_service.grpc.pb.h"

namespace tally::orders {

// tally.orders.v1.AuditService: what the orders themselves come to, day by day. Reads run on the
// executor. Everything passed in must outlive this. Thread-safe.
class AuditService final : public v1::AuditService::CallbackService {
 public:
  AuditService(db::Database& database, rpc::Executor& reads, telemetry::Telemetry& telemetry);

  grpc::ServerUnaryReactor* SumOrders(grpc::CallbackServerContext* context,
                                      const v1::SumOrdersRequest* request,
                                      v1::SumOrdersResponse* response) override;

  // For the server that serves it.
  rpc::Endpoint& endpoint() { return endpoint_; }

 private:
  absl::Status Sum(rpc::Call& call, const v1::SumOrdersRequest& request,
                   v1::SumOrdersResponse& response);

  OrderSums sums_;
  rpc::Executor& reads_;
  rpc::Endpoint endpoint_;
};

}  // namespace tally::orders
