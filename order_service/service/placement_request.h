#pragma once

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "common/base/uuid.h"
#include "common/outbox/batch_handler.h"
#include "order_service/store/order_store.h"
#include "tally/orders/v1/order_service.pb.h"

namespace tally::orders {

// A PlaceOrder ready to be written.
struct PlacementRequest {
  StoredOrder draft;
  outbox::NewEvent event;
};

// Checks a request and makes the order and its event from it. INVALID_ARGUMENT names every violated
// field. `now` is when the service took it.
absl::StatusOr<PlacementRequest> PreparePlacement(const v1::PlaceOrderRequest& request,
                                                  absl::string_view caller,
                                                  const base::Uuid& order_id, absl::Time now,
                                                  int64_t event_bytes_max);

}  // namespace tally::orders
