#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "order_service/domain/order.h"

namespace tally::orders {

// The column orders.lines.
std::string EncodeLines(absl::Span<const OrderLine> lines);

// DataLoss if `bytes` are not what EncodeLines made.
absl::StatusOr<std::vector<OrderLine>> DecodeLines(const std::string& bytes,
                                                   const std::string& currency);

}  // namespace tally::orders
