#include "tests/chaos/ledger.h"

#include <string>

#include "absl/time/time.h"
#include "common/rpc/google_types.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace tally::chaos {
namespace {

const absl::Time kNoon = absl::FromCivil(absl::CivilHour(2026, 11, 20, 12), absl::UTCTimeZone());

orders::v1::PlaceOrderRequest Request(const std::string& id) {
  orders::v1::PlaceOrderRequest request;
  request.set_request_id(id);
  request.set_currency("GBP");
  orders::v1::OrderLine& line = *request.add_lines();
  line.set_quantity(2);
  line.mutable_unit_price()->set_units(1);
  line.mutable_unit_price()->set_nanos(500'000'000);
  return request;
}

orders::v1::PlaceOrderResponse Placed(const std::string& order_id, int64_t units = 3) {
  orders::v1::PlaceOrderResponse response;
  response.set_consistency_token("token of " + order_id);
  response.mutable_order()->set_order_id(order_id);
  response.mutable_order()->set_currency("GBP");
  response.mutable_order()->mutable_total()->set_units(units);
  rpc::ToMessage(kNoon, *response.mutable_order()->mutable_place_time());
  return response;
}

StoredOrder Stored(const std::string& request_id, const std::string& order_id) {
  return {.request_id = request_id,
          .order_id = order_id,
          .currency = "GBP",
          .cents = 300,
          .place_time = kNoon,
          .cancel_time = {},
          .events = 1};
}

const grpc::Status kAway(grpc::StatusCode::UNAVAILABLE, "away");

class LedgerTest : public testing::Test {
 protected:
  void Place(const std::string& request_id, const std::string& order_id) {
    ledger_.Tried(Request(request_id));
    ledger_.Answered(request_id, grpc::Status::OK, Placed(order_id));
  }

  Ledger ledger_;
};

TEST_F(LedgerTest, WhatIsAcknowledgedCountsOnItsDay) {
  Place("a", "1");
  EXPECT_EQ(ledger_.counts().unknown, 0);
  EXPECT_EQ(ledger_.Sums(),
            (DaySums{{"2026-11-20", {.created = 1, .created_cents = {{"GBP", 300}}}}}));
}

TEST_F(LedgerTest, WhatIsUnknownIsAskedForUntilItIsAnswered) {
  ledger_.Tried(Request("a"));
  ledger_.Answered("a", kAway, orders::v1::PlaceOrderResponse());
  EXPECT_EQ(ledger_.counts().unknown, 1);
  EXPECT_EQ(ledger_.UnknownPlacements().size(), 1u);
  ledger_.Answered("a", grpc::Status::OK, Placed("1"));
  EXPECT_EQ(ledger_.counts().unknown, 0);
  EXPECT_EQ(ledger_.counts().settled, 1);
  EXPECT_THAT(ledger_.contradictions(), testing::IsEmpty());
}

TEST_F(LedgerTest, ARepeatedRequestThatGivesAnotherOrderIsAContradiction) {
  Place("a", "1");
  ledger_.Tried(Request("a"));
  ledger_.Answered("a", grpc::Status::OK, Placed("2"));
  EXPECT_THAT(ledger_.contradictions(), testing::Contains("a: another order"));
}

TEST_F(LedgerTest, AnotherTotalAndARefusalOfWhatIsGoodAreContradictions) {
  ledger_.Tried(Request("a"));
  ledger_.Answered("a", grpc::Status::OK, Placed("1", 4));
  ledger_.Tried(Request("b"));
  ledger_.Answered("b", {grpc::StatusCode::ALREADY_EXISTS, "taken"},
                   orders::v1::PlaceOrderResponse());
  EXPECT_EQ(ledger_.contradictions().size(), 2u);
}

TEST_F(LedgerTest, TheStoreIsEqualOrTheDifferenceIsNamed) {
  Place("a", "1");
  Place("b", "2");
  EXPECT_THAT(ledger_.CompareWith({Stored("a", "1"), Stored("b", "2")}).differences,
              testing::IsEmpty());
  EXPECT_EQ(ledger_.CompareWith({Stored("a", "1")}).lost, 1);
  EXPECT_EQ(ledger_.CompareWith({Stored("a", "1"), Stored("b", "3")}).lost, 1);
  EXPECT_EQ(ledger_.CompareWith({Stored("a", "1"), Stored("b", "2"), Stored("b", "3")}).twice, 1);
  EXPECT_EQ(ledger_.CompareWith({Stored("a", "1"), Stored("b", "2"), Stored("c", "3")}).unasked, 1);
  StoredOrder without_event = Stored("b", "2");
  without_event.events = 0;
  EXPECT_EQ(ledger_.CompareWith({Stored("a", "1"), without_event}).lost, 1);
}

TEST_F(LedgerTest, ACancellationCountsBesideTheOrder) {
  Place("a", "1");
  orders::v1::CancelOrderRequest request;
  request.set_order_id("1");
  ledger_.Tried("a", request);
  EXPECT_EQ(ledger_.UnknownCancellations().size(), 1u);
  orders::v1::CancelOrderResponse response;
  *response.mutable_order() = Placed("1").order();
  response.mutable_order()->set_state(orders::v1::Order::STATE_CANCELLED);
  rpc::ToMessage(kNoon + absl::Hours(24), *response.mutable_order()->add_history()->mutable_time());
  ledger_.Answered("a", grpc::Status::OK, response);
  EXPECT_EQ(ledger_.Sums().at("2026-11-21").cancelled, 1);
  StoredOrder stored = Stored("a", "1");
  EXPECT_EQ(ledger_.CompareWith({stored}).lost, 1);
  stored.cancel_time = kNoon + absl::Hours(24);
  stored.events = 2;
  EXPECT_THAT(ledger_.CompareWith({stored}).differences, testing::IsEmpty());
}

}  // namespace
}  // namespace tally::chaos
