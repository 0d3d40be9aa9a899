#include "common/ops/privacy_service.h"

#include <utility>

#include "common/base/status_macros.h"
#include "common/base/violations.h"
#include "common/db/error.h"
#include "common/rpc/errors.h"
#include "common/rpc/handle.h"

namespace tally::ops {
namespace {

// 128 characters of UTF-8, and any token given out here.
constexpr size_t kCustomerBytesMax = 512;
constexpr size_t kTokenBytesMax = 256;

absl::Status Validate(const v1::EraseCustomerRequest& request) {
  base::Violations violations;
  if (request.customer().empty() || request.customer().size() > kCustomerBytesMax) {
    violations.Add("customer", "must have 1 to 128 characters");
  }
  if (request.page_token().size() > kTokenBytesMax) {
    violations.Add("page_token", "must be the next_page_token of the call before, or empty");
  }
  return violations.empty() ? absl::OkStatus() : rpc::BadRequest(violations);
}

absl::Status DatabaseAway(const absl::Status& status) {
  const db::ErrorKind kind = db::KindOf(status);
  if (kind == db::ErrorKind::kConnection || kind == db::ErrorKind::kRetry ||
      kind == db::ErrorKind::kResources || kind == db::ErrorKind::kUnknownOutcome) {
    return rpc::Unavailable("DATABASE_UNAVAILABLE",
                            "nothing can be erased right now; the same call may be repeated",
                            absl::Seconds(1));
  }
  return status;
}

}  // namespace

PrivacyService::PrivacyService(EraseStep erase, rpc::Executor& executor,
                               telemetry::Telemetry& telemetry)
    : erase_(std::move(erase)),
      executor_(executor),
      log_(telemetry.log),
      endpoint_(v1::PrivacyService::service_full_name(), telemetry) {}

grpc::ServerUnaryReactor* PrivacyService::EraseCustomer(grpc::CallbackServerContext* context,
                                                        const v1::EraseCustomerRequest* request,
                                                        v1::EraseCustomerResponse* response) {
  return rpc::HandleBlocking(
      endpoint_, "EraseCustomer", context, request, response, executor_,
      [this](rpc::Call& call, const v1::EraseCustomerRequest& req, v1::EraseCustomerResponse& res) {
        return Erase(call, req, res);
      });
}

absl::Status PrivacyService::Erase(rpc::Call& call, const v1::EraseCustomerRequest& request,
                                   v1::EraseCustomerResponse& response) {
  RETURN_IF_ERROR(Validate(request));
  RETURN_IF_ERROR(DatabaseAway(erase_(request, call.deadline(), response)));
  log_.Info("personal data of a customer erased", {{"orders", response.orders()},
                                                   {"outbox_events", response.outbox_events()},
                                                   {"parked_events", response.parked_events()},
                                                   {"letters", response.letters()},
                                                   {"more", !response.next_page_token().empty()},
                                                   {"caller", call.caller().name}});
  return absl::OkStatus();
}

}  // namespace tally::ops
