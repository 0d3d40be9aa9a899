#include "order_service/service/cancellation_request.h"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>

#include "absl/strings/ascii.h"
#include "common/base/text.h"
#include "common/base/violations.h"
#include "common/rpc/errors.h"
#include "order_service/domain/order_fingerprint.h"
#include "order_service/domain/order_validation.h"

namespace tally::orders {
namespace {

constexpr int kReasonCharsMax = 256;
constexpr size_t kEtagCharsMax = 64;

bool IsEtag(absl::string_view text) {
  return text.size() <= kEtagCharsMax &&
         std::all_of(text.begin(), text.end(), [](char c) { return absl::ascii_isgraph(c); });
}

}  // namespace

absl::StatusOr<CancellationRequest> PrepareCancellation(const v1::CancelOrderRequest& request,
                                                        absl::string_view caller, absl::Time now) {
  base::Violations violations;
  ValidateRequestId(request.request_id(), violations);
  const absl::StatusOr<base::Uuid> order_id = base::Uuid::Parse(request.order_id());
  if (!order_id.ok()) violations.Add("order_id", kOrderIdForm);
  if (!IsEtag(request.etag())) violations.Add("etag", "must be the etag of an order, or empty");
  if (const auto problem = base::TextProblem(request.reason(), 0, kReasonCharsMax)) {
    violations.Add("reason", *problem);
  }
  if (!violations.empty()) return rpc::BadRequest(violations);

  CancellationRequest cancellation;
  cancellation.content = {*order_id, request.etag(), request.reason()};
  cancellation.caller = std::string(caller);
  cancellation.request_id = request.request_id();
  cancellation.fingerprint = Fingerprint(cancellation.content);
  cancellation.time = absl::FromUnixMicros(absl::ToUnixMicros(now));
  return cancellation;
}

}  // namespace tally::orders
