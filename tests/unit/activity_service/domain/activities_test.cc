#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "activity_service/domain/items_ordered.h"
#include "activity_service/domain/orders_cancelled.h"
#include "activity_service/domain/orders_created.h"
#include "tally/events/v1/order_events.pb.h"
#include "tests/testkit/status_matchers.h"

namespace tally::activity {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testkit::StatusIs;

bus::Event WithPayload(std::string payload) {
  bus::Event event;
  event.payload = std::move(payload);
  return event;
}

void SetTotal(int64_t units, int32_t nanos, events::v1::OrderSnapshot& order) {
  order.set_currency("GBP");
  order.mutable_total()->set_currency_code("GBP");
  order.mutable_total()->set_units(units);
  order.mutable_total()->set_nanos(nanos);
}

TEST(OrdersCreatedTest, CountsOneAndTheOrdersTotal) {
  events::v1::OrderCreated created;
  SetTotal(12, 500'000'000, *created.mutable_order());
  ASSERT_OK_AND_ASSIGN(const auto read,
                       OrdersCreated().Read(WithPayload(created.SerializeAsString())));
  ASSERT_EQ(read.size(), 1u);
  EXPECT_EQ(read[0].count, 1);
  EXPECT_EQ(read[0].amount, *base::Money::Create("GBP", 12, 500'000'000));
}

TEST(OrdersCancelledTest, CountsTheTotalOfTheOrderAfter) {
  events::v1::OrderCancelled cancelled;
  SetTotal(1, 0, *cancelled.mutable_before());
  SetTotal(2, 0, *cancelled.mutable_after());
  ASSERT_OK_AND_ASSIGN(const auto read,
                       OrdersCancelled().Read(WithPayload(cancelled.SerializeAsString())));
  ASSERT_EQ(read.size(), 1u);
  EXPECT_EQ(read[0].amount, *base::Money::Create("GBP", 2, 0));
}

TEST(ItemsOrderedTest, CountsThePiecesOfEveryLineWithoutAnAmount) {
  events::v1::OrderCreated created;
  SetTotal(1, 0, *created.mutable_order());
  created.mutable_order()->add_lines()->set_quantity(2);
  created.mutable_order()->add_lines()->set_quantity(40);
  ASSERT_OK_AND_ASSIGN(const auto read,
                       ItemsOrdered().Read(WithPayload(created.SerializeAsString())));
  ASSERT_EQ(read.size(), 1u);
  EXPECT_EQ(read[0].count, 42);
  EXPECT_EQ(read[0].amount, std::nullopt);
}

TEST(ItemsOrderedTest, RefusesPiecesThatDoNotFit) {
  events::v1::OrderCreated created;
  created.mutable_order()->add_lines()->set_quantity(INT64_MAX);
  created.mutable_order()->add_lines()->set_quantity(1);
  EXPECT_THAT(ItemsOrdered().Read(WithPayload(created.SerializeAsString())),
              StatusIs(absl::StatusCode::kOutOfRange));
}

TEST(ActivitiesTest, ReadTheTypesOfTheirEvents) {
  EXPECT_THAT(OrdersCreated().event_types(), ElementsAre("tally.events.v1.OrderCreated"));
  EXPECT_THAT(OrdersCancelled().event_types(), ElementsAre("tally.events.v1.OrderCancelled"));
  EXPECT_THAT(ItemsOrdered().event_types(), ElementsAre("tally.events.v1.OrderCreated"));
}

TEST(ActivitiesTest, RefuseWhatIsNoSuchEvent) {
  const bus::Event noise = WithPayload("\xff\xff");
  EXPECT_THAT(OrdersCreated().Read(noise), StatusIs(absl::StatusCode::kInvalidArgument));
  EXPECT_THAT(OrdersCancelled().Read(noise), StatusIs(absl::StatusCode::kInvalidArgument));
  EXPECT_THAT(ItemsOrdered().Read(noise), StatusIs(absl::StatusCode::kInvalidArgument));
}

TEST(ActivitiesTest, RefuseAnOrderWithoutATotal) {
  EXPECT_THAT(OrdersCreated().Read(WithPayload("")),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("order.total")));
  EXPECT_THAT(OrdersCancelled().Read(WithPayload("")),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("after.total")));
}

}  // namespace
}  // namespace tally::activity
