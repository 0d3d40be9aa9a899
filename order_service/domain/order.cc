#include "order_service/domain/order.h"

#include "absl/strings/str_cat.h"

namespace tally::orders {

std::string Order::etag() const { return absl::StrCat("v", version); }

}  // namespace tally::orders
