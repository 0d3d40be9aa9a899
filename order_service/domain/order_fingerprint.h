#pragma once

#include <string>

#include "order_service/domain/order.h"

namespace tally::orders {

// 16 bytes that tell whether a repeated request_id asks for the same: the first half of SHA-256
// over the content. Stored with the order, so the encoding it is computed over never changes.
std::string Fingerprint(const OrderContent& content);
std::string Fingerprint(const CancellationContent& content);

}  // namespace tally::orders
