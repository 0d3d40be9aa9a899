#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "order_service/store/order_store.h"

namespace tally::orders {

// Where the next page of ListOrders begins, bound to the filter it was made for.
std::string EncodePageToken(const OrderFilter& filter, const OrderCursor& last);

// InvalidArgument if the text is no page token or belongs to another filter.
absl::StatusOr<OrderCursor> ParsePageToken(absl::string_view token, const OrderFilter& filter);

}  // namespace tally::orders
