#include "order_service/service/order_batch.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <deque>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/base/clock.h"
#include "common/base/uuid_v7_source.h"
#include "common/db/error.h"
#include "common/telemetry/telemetry.h"
#include "order_service/service/place_order_command.h"
#include "tests/testkit/database_urls.h"
#include "tests/testkit/status_matchers.h"

namespace tally::orders {
namespace {

using testing::ElementsAre;
using testing::Field;
using testing::IsEmpty;
using testkit::IsOkAndHolds;
using testkit::StatusIs;

const absl::Time kMorning = absl::FromUnixSeconds(1'291'191'960);
constexpr char kLane[] = "01932b5c-0000-7000-8000-00000000000a";
constexpr char kOtherLane[] = "01932b5c-0000-7000-8000-00000000000b";

// Its event's payload is its order id, its fingerprint its customer.
class Placing final : public PlaceOrderCommand {
 public:
  explicit Placing(StoredOrder draft)
      : PlaceOrderCommand(draft, {.subject = "orders.v1.created",
                                  .type = "test.v1.Created",
                                  .payload = draft.order.order_id.ToString(),
                                  .time = kMorning}) {}

  absl::Time deadline() const override { return absl::InfiniteFuture(); }
  bool cancelled() const override { return false; }
  void Finish(const absl::Status&) override {}

  absl::StatusOr<base::Uuid> answer() const {
    if (!decision().ok()) return decision();
    return placed().order_id;
  }
  EventPlace event_place() const { return placed().placed_event; }
  base::Uuid own_id() { return draft().order.order_id; }
};

class OrderBatchTest : public testing::TestWithParam<testkit::DatabaseKind> {
 protected:
  void SetUp() override {
    ASSERT_OK_AND_ASSIGN(const std::string url, GetParam().MakeUrl());
    ASSERT_OK_AND_ASSIGN(database, db::Database::Open({.url = url}, clock, telemetry));
    ASSERT_OK(OrderStore::Migrate(*database));
  }

  Placing Command(const std::string& request_id, const std::string& customer = "17850") {
    StoredOrder draft;
    draft.request_id = request_id;
    draft.fingerprint = customer;
    draft.order.order_id = ids.Next();
    draft.order.customer = customer;
    draft.order.currency = "GBP";
    draft.order.total = *base::Money::Create("GBP", 1, 0);
    draft.order.place_time = draft.order.create_time = kMorning;
    return Placing(std::move(draft));
  }

  absl::Status Write(std::vector<outbox::Command*> commands, outbox::LaneAppender& lane,
                     int attempt) {
    return database->Run(db::Mode::kWrite, clock.Now() + absl::Seconds(20),
                         [&](db::Transaction& transaction) {
                           return batch.Write(transaction, commands, lane, attempt);
                         });
  }

  base::SystemClock clock;
  telemetry::Telemetry telemetry{telemetry::LogFormat::kText, telemetry::LogLevel::kError, "test"};
  std::unique_ptr<db::Database> database;
  base::UuidV7Source ids{clock};
  OrderStore store;
  OrderBatch batch{store};
  outbox::LaneAppender first_lane{kLane, 10, kMorning};
};
INSTANTIATE_ON_EVERY_DATABASE(OrderBatchTest);

TEST_P(OrderBatchTest, OnlyWhatIsInsertedHasAnEvent) {
  Placing before = Command("a");
  ASSERT_OK(Write({&before}, first_lane, 1));

  Placing known = Command("a"), first = Command("b"), same = Command("b"),
          other = Command("b", "17851"), next = Command("c"), anonymous = Command("");
  outbox::LaneAppender second_lane(kOtherLane, 20, kMorning);
  ASSERT_OK(Write({&known, &first, &same, &other, &next, &anonymous}, second_lane, 2));
  const auto event = [](int64_t sequence, Placing& command) {
    return testing::AllOf(Field(&outbox::OutboxEvent::sequence, sequence),
                          Field(&outbox::OutboxEvent::payload, command.own_id().ToString()));
  };
  EXPECT_THAT(second_lane.events(),
              ElementsAre(event(21, first), event(22, next), event(23, anonymous)));

  EXPECT_THAT(known.answer(), IsOkAndHolds(before.own_id()));
  EXPECT_EQ(known.event_place(), (EventPlace{*base::Uuid::Parse(kLane), 11}));
  EXPECT_THAT(first.answer(), IsOkAndHolds(first.own_id()));
  EXPECT_THAT(same.answer(), IsOkAndHolds(first.own_id()));
  EXPECT_EQ(same.event_place(), (EventPlace{*base::Uuid::Parse(kOtherLane), 21}));
  EXPECT_THAT(other.answer(), StatusIs(absl::StatusCode::kAlreadyExists));
  EXPECT_EQ(anonymous.event_place(), (EventPlace{*base::Uuid::Parse(kOtherLane), 23}));
}

TEST_P(OrderBatchTest, AnAttemptThatMeetsATakenKeyIsGivenUpAndTheNextLooksFirst) {
  Placing before = Command("a");
  ASSERT_OK(Write({&before}, first_lane, 1));

  Placing repeated = Command("a"), next = Command("b");
  EXPECT_EQ(db::KindOf(Write({&repeated, &next}, first_lane, 1)), db::ErrorKind::kUnique);
  outbox::LaneAppender again(kLane, 11, kMorning);
  ASSERT_OK(Write({&repeated, &next}, again, 2));
  EXPECT_THAT(again.events(), ElementsAre(Field(&outbox::OutboxEvent::sequence, 12)));
  EXPECT_THAT(repeated.answer(), IsOkAndHolds(before.own_id()));
  EXPECT_THAT(next.answer(), IsOkAndHolds(next.own_id()));
}

// The COMMIT was in doubt and had happened: the order is its own, though it has no request_id.
TEST_P(OrderBatchTest, WhatItWroteItselfIsNotWrittenAgain) {
  Placing command = Command("");
  ASSERT_OK(Write({&command}, first_lane, 1));
  outbox::LaneAppender second_lane(kOtherLane, 0, kMorning);
  ASSERT_OK(Write({&command}, second_lane, 2));
  EXPECT_THAT(second_lane.events(), IsEmpty());
  EXPECT_THAT(command.answer(), IsOkAndHolds(command.own_id()));
  EXPECT_EQ(command.event_place(), (EventPlace{*base::Uuid::Parse(kLane), 11}));
}

// Two writers meet the same request ids in opposite order.
TEST_P(OrderBatchTest, WritersThatInsertTheSameRequestsNeverDeadlock) {
  constexpr int kOrders = 2000;  // so many that the writers meet
  for (int round = 0; round < 5; ++round) {
    std::deque<Placing> ours, theirs;
    std::vector<outbox::Command*> up, down;
    for (int i = 0; i < kOrders; ++i) {
      up.push_back(&ours.emplace_back(Command(absl::StrCat(round, "-", i))));
      down.push_back(&theirs.emplace_back(Command(absl::StrCat(round, "-", kOrders - 1 - i))));
    }
    outbox::LaneAppender our_lane(kLane, 0, kMorning);
    outbox::LaneAppender their_lane(kOtherLane, 0, kMorning);
    absl::Status other;
    std::thread writer([&] { other = Write(down, their_lane, 1); });
    const absl::Status own = Write(up, our_lane, 1);
    writer.join();
    EXPECT_NE(own.ok(), other.ok());
    EXPECT_EQ(db::KindOf(own.ok() ? other : own), db::ErrorKind::kUnique) << own << other;
  }
}

}  // namespace
}  // namespace tally::orders
