#pragma once

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "order_service/store/order_eraser.h"
#include "tally/ops/v1/privacy_service.pb.h"

namespace tally::orders {

// What an EraseCustomer does here: one step of the eraser.
absl::Status EraseCustomer(OrderEraser& eraser, const ops::v1::EraseCustomerRequest& request,
                           absl::Time deadline, ops::v1::EraseCustomerResponse& response);

}  // namespace tally::orders
