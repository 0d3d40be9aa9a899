#pragma once

#include <cstdint>

#include "absl/status/statusor.h"
#include "common/base/clock.h"
#include "common/base/uuid_v7_source.h"
#include "common/outbox/outbox.h"
#include "common/rpc/call.h"
#include "common/rpc/errors.h"
#include "order_service/service/placement_request.h"

namespace tally::orders {

// The way into the writers' queue that PlaceOrder and the items of PlaceOrders have in common.
// Thread-safe.
class OrderIntake {
 public:
  // An order whose event would be larger than `event_bytes_max` is refused.
  OrderIntake(int64_t event_bytes_max, outbox::Outbox& outbox, base::Clock& clock)
      : event_bytes_max_(event_bytes_max), outbox_(outbox), clock_(clock), order_ids_(clock) {}

  // Checks a request and makes the order and its event from it, with an id and the time of now.
  // PERMISSION_DENIED: it has a place_time, and the caller may not import history.
  absl::StatusOr<PlacementRequest> Prepare(const v1::PlaceOrderRequest& request,
                                           const rpc::Call& call) {
    constexpr absl::string_view kImport = "orders.import";
    if (request.has_place_time() && !call.caller().May(kImport)) return rpc::ScopeMissing(kImport);
    absl::StatusOr<PlacementRequest> placement = PreparePlacement(
        request, call.caller().name, order_ids_.Next(), clock_.Now(), event_bytes_max_);
    if (placement.ok()) placement->event.traceparent = std::string(call.traceparent());
    return placement;
  }

  outbox::Outbox& outbox() { return outbox_; }

 private:
  const int64_t event_bytes_max_;
  outbox::Outbox& outbox_;
  base::Clock& clock_;
  base::UuidV7Source order_ids_;
};

}  // namespace tally::orders
