#pragma once

#include "common/rpc/endpoint.h"
#include "common/rpc/handle.h"
#include "common/telemetry/telemetry.h"
#include "tally/ops/v1/inbox_service.grpc.pb.h"

namespace tally::activity {

// tally.ops.v1.InboxService of this consumer. Thread-safe.
class InboxOpsService final : public ops::v1::InboxService::CallbackService {
 public:
  explicit InboxOpsService(telemetry::Telemetry& telemetry)
      : endpoint_(ops::v1::InboxService::service_full_name(), telemetry) {}

  grpc::ServerUnaryReactor* GetInboxStatus(grpc::CallbackServerContext* context,
                                           const ops::v1::GetInboxStatusRequest*,
                                           ops::v1::GetInboxStatusResponse*) override {
    return rpc::Unimplemented(endpoint_, "GetInboxStatus", context);
  }
  grpc::ServerUnaryReactor* ListWatermarks(grpc::CallbackServerContext* context,
                                           const ops::v1::ListWatermarksRequest*,
                                           ops::v1::ListWatermarksResponse*) override {
    return rpc::Unimplemented(endpoint_, "ListWatermarks", context);
  }
  grpc::ServerUnaryReactor* ListMissingRanges(grpc::CallbackServerContext* context,
                                              const ops::v1::ListMissingRangesRequest*,
                                              ops::v1::ListMissingRangesResponse*) override {
    return rpc::Unimplemented(endpoint_, "ListMissingRanges", context);
  }
  grpc::ServerUnaryReactor* AcceptTrimmedRange(grpc::CallbackServerContext* context,
                                               const ops::v1::AcceptTrimmedRangeRequest*,
                                               ops::v1::AcceptTrimmedRangeResponse*) override {
    return rpc::Unimplemented(endpoint_, "AcceptTrimmedRange", context);
  }
  grpc::ServerUnaryReactor* ListLetters(grpc::CallbackServerContext* context,
                                        const ops::v1::ListLettersRequest*,
                                        ops::v1::ListLettersResponse*) override {
    return rpc::Unimplemented(endpoint_, "ListLetters", context);
  }
  grpc::ServerUnaryReactor* RedriveLetters(grpc::CallbackServerContext* context,
                                           const ops::v1::RedriveLettersRequest*,
                                           ops::v1::RedriveLettersResponse*) override {
    return rpc::Unimplemented(endpoint_, "RedriveLetters", context);
  }
  grpc::ServerUnaryReactor* DiscardLetters(grpc::CallbackServerContext* context,
                                           const ops::v1::DiscardLettersRequest*,
                                           ops::v1::DiscardLettersResponse*) override {
    return rpc::Unimplemented(endpoint_, "DiscardLetters", context);
  }

 private:
  rpc::Endpoint endpoint_;
};

}  // namespace tally::activity
