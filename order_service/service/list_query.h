#pragma once

#include <optional>

#include "absl/status/statusor.h"
#include "order_service/store/order_store.h"
#include "tally/orders/v1/order_service.pb.h"

namespace tally::orders {

// A ListOrders call, checked.
struct ListQuery {
  OrderFilter filter;
  std::optional<OrderCursor> after;
  int page_size = 0;
};

// INVALID_ARGUMENT names every violated field.
absl::StatusOr<ListQuery> ParseListQuery(const v1::ListOrdersRequest& request);

}  // namespace tally::orders
