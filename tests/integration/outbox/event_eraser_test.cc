#include "common/outbox/event_eraser.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <future>
#include <optional>

#include "common/bus/personal_data.h"
#include "tally/events/v1/order_events.pb.h"
#include "tests/integration/outbox/fixture_sql.h"
#include "tests/integration/outbox/outbox_test_case.h"

namespace tally::outbox {
namespace {

namespace sql = fixture::sql;

class EventEraserTest : public testing::TestWithParam<testkit::DatabaseKind>,
                        protected OutboxTestCase {
 protected:
  void SetUp() override {
    ASSERT_OK(OpenDatabase(GetParam()));
    us_.emplace(LaneStoreOptions{.stream = "ORDERS", .holder = "us"}, *database_);
    ASSERT_OK_AND_ASSIGN(lane_, us_->Open(Soon()));
    LaneAppender appender(lane_, 0, absl::Now());
    for (const char* customer : {"ada", "bob", "ada"}) {
      events::v1::OrderCreated event;
      event.mutable_order()->set_customer(customer);
      appender.Append({.subject = "orders.v1.created",
                       .type = "tally.events.v1.OrderCreated",
                       .payload = event.SerializeAsString(),
                       .time = absl::Now(),
                       .traceparent = ""});
    }
    db::Transaction transaction = Begin();
    ASSERT_OK(us_->Append(transaction, appender));
    ASSERT_OK(transaction.Commit());
  }

  absl::StatusOr<ErasedEvents> Erase(const std::vector<EventPlace>& places) {
    db::Transaction transaction = Begin();
    absl::StatusOr<ErasedEvents> erased = ErasePerson(transaction, places, "ada");
    EXPECT_OK(transaction.Commit());
    return erased;
  }
  std::vector<std::string> Customers() {
    std::vector<std::string> customers;
    const auto read = us_->Read(lane_, {1, 3}, 10, 1 << 20, Soon());
    EXPECT_OK(read);
    for (const OutboxEvent& event : *read) {
      events::v1::OrderCreated created;
      EXPECT_TRUE(created.ParseFromString(event.payload));
      customers.push_back(created.order().customer());
    }
    return customers;
  }

  std::optional<LaneStore> us_;
  std::string lane_;
};
INSTANTIATE_ON_EVERY_DATABASE(EventEraserTest);

TEST_P(EventEraserTest, ErasesThePersonWhereTheEventsNameThem) {
  ASSERT_OK_AND_ASSIGN(const ErasedEvents erased, Erase({{lane_, 1}, {lane_, 2}, {lane_, 9}}));
  EXPECT_EQ(erased.events, 1);
  EXPECT_THAT(Customers(), testing::ElementsAre(bus::kErased, "bob", "ada"));
  ASSERT_OK_AND_ASSIGN(const ErasedEvents again, Erase({{lane_, 1}}));
  EXPECT_EQ(again.events, 0);
}

TEST_P(EventEraserTest, ReachesAParkedEventWhoseRowWasTrimmed) {
  ASSERT_OK(us_->Park(lane_, 1, {.error = "too large", .attempts = 3}, 1, Soon()));
  ASSERT_OK(Change(sql::kTrim, {{"lane_id", lane_}, {"through", 1}}));
  ASSERT_OK_AND_ASSIGN(const ErasedEvents erased, Erase({{lane_, 1}}));
  EXPECT_EQ(erased.events, 0);
  EXPECT_EQ(erased.parked, 1);
  db::Transaction transaction = Begin(db::Mode::kRead);
  const auto row = transaction.QueryOne<int64_t, std::string, int64_t, db::Bytes>(sql::kFindParked);
  ASSERT_OK(row);
  events::v1::OrderCreated created;
  ASSERT_TRUE(created.ParseFromString(std::get<3>(**row).data));
  EXPECT_EQ(created.order().customer(), bus::kErased);
}

// Two sessions of PostgreSQL.
class ErasingAndParkingTest : public EventEraserTest {};
INSTANTIATE_TEST_SUITE_P(Postgres, ErasingAndParkingTest, testing::Values(testkit::PostgresKind()));

TEST_P(ErasingAndParkingTest, WhatIsBeingErasedIsNotParkedAsItWas) {
  db::Transaction erasing = Begin();
  ASSERT_OK(ErasePerson(erasing, {{lane_, 1}}, "ada"));
  auto parking = std::async(std::launch::async, [&] {
    return us_->Park(lane_, 1, {.error = "too large", .attempts = 3}, 1, Soon());
  });
  EXPECT_EVENTUALLY(QueryInt(sql::kCountLockWaits) == 1, kPatience);
  ASSERT_OK(erasing.Commit());
  ASSERT_OK(parking.get());
  db::Transaction transaction = Begin(db::Mode::kRead);
  const auto row = transaction.QueryOne<int64_t, std::string, int64_t, db::Bytes>(sql::kFindParked);
  ASSERT_OK(row);
  events::v1::OrderCreated parked;
  ASSERT_TRUE(parked.ParseFromString(std::get<3>(**row).data));
  EXPECT_EQ(parked.order().customer(), bus::kErased);
}

}  // namespace
}  // namespace tally::outbox
