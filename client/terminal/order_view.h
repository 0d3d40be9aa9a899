#pragma once

#include <string>
#include <vector>

#include "tally/orders/v1/order_service.pb.h"

namespace tally::client {

// Orders as text for people. Pure functions.

std::string DescribeOrder(const orders::v1::Order& order);

// One line for each order beneath a header.
std::string TableOfOrders(const std::vector<orders::v1::Order>& orders);

}  // namespace tally::client
