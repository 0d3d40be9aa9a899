#pragma once

#include <cstdint>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "common/base/violations.h"
#include "order_service/domain/order.h"

namespace tally::orders {

inline constexpr char kOrderIdForm[] =
    "must be a UUID such as 01932b5c-7a3e-7c52-9d5e-3f6a1b2c4d5e";
inline constexpr int kLinesMax = 1000;
inline constexpr int kCustomerCharsMax = 128;
inline constexpr int kSkuCharsMax = 64;
inline constexpr int kDescriptionCharsMax = 256;
inline constexpr int kRequestIdCharsMax = 128;
inline constexpr int64_t kQuantityMax = 1'000'000'000;
inline constexpr int64_t kTotalUnitsMax = 1'000'000'000'000'000;
inline constexpr absl::Duration kPlaceTimeAheadMax = absl::Minutes(5);

// Checks the content of an order to be placed and computes its total. Adds a violation, with the
// field's path in the API and what is allowed, for every broken rule; the content may only be used
// when none was added.
void ValidateContent(OrderContent& content, absl::Time now, base::Violations& violations);

// 1 to 128 printable ASCII characters, or empty.
void ValidateRequestId(absl::string_view request_id, base::Violations& violations);

}  // namespace tally::orders
