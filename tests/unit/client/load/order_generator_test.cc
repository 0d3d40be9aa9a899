#include "client/load/order_generator.h"

#include <map>

#include "gtest/gtest.h"

namespace tally::client {
namespace {

using orders::v1::PlaceOrderRequest;

std::vector<PlaceOrderRequest> Make(const OrderGenerator::Options& options, int count) {
  OrderGenerator generator(options);
  std::vector<PlaceOrderRequest> orders;
  PlaceOrderRequest request;
  for (int i = 0; i < count; ++i) {
    generator.Fill(request);
    orders.push_back(request);
  }
  return orders;
}

std::string Serialized(const std::vector<PlaceOrderRequest>& orders) {
  std::string bytes;
  for (const PlaceOrderRequest& order : orders) bytes += order.SerializeAsString();
  return bytes;
}

TEST(OrderGeneratorTest, MakesTheSameOrdersOfTheSameSeed) {
  EXPECT_EQ(Serialized(Make({.seed = 7}, 100)), Serialized(Make({.seed = 7}, 100)));
  EXPECT_NE(Serialized(Make({.seed = 7}, 100)), Serialized(Make({.seed = 8}, 100)));
}

TEST(OrderGeneratorTest, MakesOrdersTheServiceTakes) {
  for (const PlaceOrderRequest& order : Make({.seed = 1}, 2000)) {
    EXPECT_FALSE(order.customer().empty());
    EXPECT_EQ(order.currency(), "GBP");
    ASSERT_GE(order.lines_size(), 1);
    ASSERT_LE(order.lines_size(), 5);
    for (const orders::v1::OrderLine& line : order.lines()) {
      EXPECT_FALSE(line.sku().empty());
      EXPECT_GE(line.quantity(), 1);
      EXPECT_GE(line.unit_price().units(), 0);
      EXPECT_GE(line.unit_price().nanos(), 0);
      EXPECT_EQ(line.unit_price().nanos() % 10'000'000, 0);
    }
  }
}

TEST(OrderGeneratorTest, MakesTheNumberOfLinesAskedFor) {
  for (const PlaceOrderRequest& order : Make({.seed = 1, .lines = 3}, 50)) {
    EXPECT_EQ(order.lines_size(), 3);
  }
}

TEST(OrderGeneratorTest, HasRegularsAmongItsCustomers) {
  std::map<std::string, int> orders;
  for (const PlaceOrderRequest& order : Make({.seed = 1, .customers = 100}, 10'000)) {
    ++orders[order.customer()];
  }
  EXPECT_GT(orders.size(), 50u);
  EXPECT_LE(orders.size(), 100u);
  EXPECT_GT(orders["customer-1"], 5 * orders["customer-50"]);
}

}  // namespace
}  // namespace tally::client
