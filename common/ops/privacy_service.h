#pragma once

#include <functional>
#include <string>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "common/rpc/call.h"
#include "common/rpc/endpoint.h"
#include "common/rpc/executor.h"
#include "common/telemetry/telemetry.h"
#include "tally/ops/v1/privacy_service.grpc.pb.h"

namespace tally::ops {

// tally.ops.v1.PrivacyService of any service: what it keeps of a customer is erased by the function
// it gives. That a customer was erased is logged, without the name. Everything passed in must
// outlive this. Thread-safe.
class PrivacyService final : public v1::PrivacyService::CallbackService {
 public:
  // Does a bounded part of the work and says in the response what it did and, by next_page_token,
  // where to go on. The customer is valid. Blocks until `deadline` at most; errors are those of
  // common/db, and nothing of this part was done then. Called from several threads.
  using EraseStep =
      std::function<absl::Status(const v1::EraseCustomerRequest& request, absl::Time deadline,
                                 v1::EraseCustomerResponse& response)>;

  PrivacyService(EraseStep erase, rpc::Executor& executor, telemetry::Telemetry& telemetry);

  grpc::ServerUnaryReactor* EraseCustomer(grpc::CallbackServerContext* context,
                                          const v1::EraseCustomerRequest* request,
                                          v1::EraseCustomerResponse* response) override;

  // For the server that serves it.
  rpc::Endpoint& endpoint() { return endpoint_; }

 private:
  absl::Status Erase(rpc::Call& call, const v1::EraseCustomerRequest& request,
                     v1::EraseCustomerResponse& response);

  const EraseStep erase_;
  rpc::Executor& executor_;
  telemetry::Log& log_;
  rpc::Endpoint endpoint_;
};

}  // namespace tally::ops
