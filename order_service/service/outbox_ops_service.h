#pragma once

#include "common/rpc/endpoint.h"
#include "common/rpc/handle.h"
#include "common/telemetry/telemetry.h"
#include "tally/ops/v1/outbox_service.grpc.pb.h"

namespace tally::orders {

// tally.ops.v1.OutboxService of this producer. Thread-safe.
class OutboxOpsService final : public ops::v1::OutboxService::CallbackService {
 public:
  explicit OutboxOpsService(telemetry::Telemetry& telemetry)
      : endpoint_(ops::v1::OutboxService::service_full_name(), telemetry) {}

  grpc::ServerUnaryReactor* GetOutboxStatus(grpc::CallbackServerContext* context,
                                            const ops::v1::GetOutboxStatusRequest*,
                                            ops::v1::GetOutboxStatusResponse*) override {
    return rpc::Unimplemented(endpoint_, "GetOutboxStatus", context);
  }
  grpc::ServerUnaryReactor* ListLanes(grpc::CallbackServerContext* context,
                                      const ops::v1::ListLanesRequest*,
                                      ops::v1::ListLanesResponse*) override {
    return rpc::Unimplemented(endpoint_, "ListLanes", context);
  }
  grpc::ServerUnaryReactor* ListParkedEvents(grpc::CallbackServerContext* context,
                                             const ops::v1::ListParkedEventsRequest*,
                                             ops::v1::ListParkedEventsResponse*) override {
    return rpc::Unimplemented(endpoint_, "ListParkedEvents", context);
  }
  grpc::ServerUnaryReactor* RetryParkedEvents(grpc::CallbackServerContext* context,
                                              const ops::v1::RetryParkedEventsRequest*,
                                              ops::v1::RetryParkedEventsResponse*) override {
    return rpc::Unimplemented(endpoint_, "RetryParkedEvents", context);
  }
  grpc::ServerUnaryReactor* DiscardParkedEvents(grpc::CallbackServerContext* context,
                                                const ops::v1::DiscardParkedEventsRequest*,
                                                ops::v1::DiscardParkedEventsResponse*) override {
    return rpc::Unimplemented(endpoint_, "DiscardParkedEvents", context);
  }

 private:
  rpc::Endpoint endpoint_;
};

}  // namespace tally::orders
