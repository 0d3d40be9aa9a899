#pragma once

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "order_service/service/cancel_order_command.h"
#include "tally/orders/v1/order_service.pb.h"

namespace tally::orders {

// Checks a request. INVALID_ARGUMENT names every violated field. `now` is when the service took it.
absl::StatusOr<CancellationRequest> PrepareCancellation(const v1::CancelOrderRequest& request,
                                                        absl::string_view caller, absl::Time now);

}  // namespace tally::orders
