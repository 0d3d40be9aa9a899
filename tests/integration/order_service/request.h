#pragma once

#include <string>

#include "tally/orders/v1/order_service.pb.h"

namespace tally::orders {

// An order of ada's for so many pieces of tea, 3.50 GBP each.
inline v1::PlaceOrderRequest Request(const std::string& request_id, int64_t quantity = 2) {
  v1::PlaceOrderRequest request;
  request.set_request_id(request_id);
  request.set_customer("ada");
  request.set_currency("GBP");
  v1::OrderLine& line = *request.add_lines();
  line.set_sku("TEA");
  line.set_quantity(quantity);
  line.mutable_unit_price()->set_units(3);
  line.mutable_unit_price()->set_nanos(500'000'000);
  return request;
}

}  // namespace tally::orders
