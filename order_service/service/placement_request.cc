#include "order_service/service/placement_request.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/violations.h"
#include "common/rpc/errors.h"
#include "order_service/domain/order_fingerprint.h"
#include "order_service/domain/order_validation.h"
#include "order_service/service/order_messages.h"

namespace tally::orders {
namespace {

// The event of a later cancellation holds the order too, and the reason and times besides.
constexpr int64_t kCancellationBytes = 4 << 10;

}  // namespace

absl::StatusOr<PlacementRequest> PreparePlacement(const v1::PlaceOrderRequest& request,
                                                  absl::string_view caller,
                                                  const base::Uuid& order_id, absl::Time now,
                                                  int64_t event_bytes_max) {
  base::Violations violations;
  ValidateRequestId(request.request_id(), violations);
  OrderContent content = ToContent(request, violations);
  ValidateContent(content, now, violations);
  if (!violations.empty()) return rpc::BadRequest(violations);

  PlacementRequest placement;
  StoredOrder& draft = placement.draft;
  draft.caller = std::string(caller);
  draft.request_id = request.request_id();
  draft.fingerprint = Fingerprint(content);
  Order& order = draft.order;
  order.order_id = order_id;
  order.create_time = absl::FromUnixMicros(absl::ToUnixMicros(now));
  order.place_time = content.place_time.value_or(order.create_time);
  order.customer = std::move(content.customer);
  order.currency = std::move(content.currency);
  order.lines = std::move(content.lines);
  order.total = std::move(content.total);
  placement.event = ToCreatedEvent(order);
  const int64_t payload_bytes_max = event_bytes_max - kCancellationBytes;
  const auto payload_bytes = static_cast<int64_t>(placement.event.payload.size());
  if (payload_bytes > payload_bytes_max) {
    violations.Add("lines",
                   absl::StrCat("must be shorter: the order's event would have ", payload_bytes,
                                " bytes, at most ", payload_bytes_max, " can be published"));
    return rpc::BadRequest(violations);
  }
  return placement;
}

}  // namespace tally::orders
