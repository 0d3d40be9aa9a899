#include "order_service/store/order_expiry.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "common/base/status_macros.h"
#include "common/base/uuid_v7_source.h"
#include "order_service/store/order_store.h"
#include "tests/testkit/database_urls.h"
#include "tests/testkit/status_matchers.h"

namespace tally::orders {
namespace {

using testing::UnorderedElementsAre;
using testkit::IsOkAndHolds;

constexpr absl::Duration kRetention = absl::Hours(1000);

class OrderExpiryTest : public testing::TestWithParam<testkit::DatabaseKind> {
 protected:
  void SetUp() override {
    ASSERT_OK_AND_ASSIGN(const std::string url, GetParam().MakeUrl());
    ASSERT_OK_AND_ASSIGN(database, db::Database::Open({.url = url}, clock, telemetry));
    ASSERT_OK(OrderStore::Migrate(*database));
  }

  // Taken so long ago, with an id of that time.
  base::Uuid Place(absl::Duration age, const std::string& request_id = "") {
    base::ManualClock then(clock.Now() - age);
    base::UuidV7Source ids(then);
    StoredOrder draft;
    draft.request_id = request_id;
    draft.order.order_id = ids.Next();
    draft.order.customer = "ada";
    draft.order.currency = "GBP";
    draft.order.total = *base::Money::Create("GBP", 1, 0);
    draft.order.place_time = clock.Now() - absl::Hours(100'000);  // an import: of no interest
    draft.order.create_time = then.Now();
    draft.order.placed_event = {lane, ++sequence};
    EXPECT_OK(database->Run(db::Mode::kWrite, Deadline(), [&](db::Transaction& transaction) {
      return store.Insert(transaction, lane, {&draft});
    }));
    return draft.order.order_id;
  }
  void Cancel(const base::Uuid& order_id, absl::Duration age) {
    StoredOrder stored;
    stored.order.order_id = order_id;
    stored.order.version = 2;
    stored.order.cancellation = {clock.Now() - age, "", {lane, ++sequence}};
    EXPECT_OK(database->Run(db::Mode::kWrite, Deadline(), [&](db::Transaction& transaction) {
      return store.Cancel(transaction, lane, {&stored});
    }));
  }
  std::vector<base::Uuid> Left() {
    std::vector<base::Uuid> left;
    EXPECT_OK(database->Run(
        db::Mode::kRead, Deadline(), [&](db::Transaction& transaction) -> absl::Status {
          ASSIGN_OR_RETURN(const auto orders, store.List(transaction, {}, std::nullopt, 1000));
          for (const Order& order : orders) left.push_back(order.order_id);
          return absl::OkStatus();
        }));
    return left;
  }
  absl::Time Deadline() { return clock.Now() + absl::Seconds(20); }

  OrderExpiry NewExpiry(int orders_max = 500, absl::Duration retention = kRetention) {
    return OrderExpiry({.retention = retention, .orders_max = orders_max}, *database, telemetry);
  }

  base::SystemClock clock;
  telemetry::Telemetry telemetry{telemetry::LogFormat::kText, telemetry::LogLevel::kError, "test"};
  std::unique_ptr<db::Database> database;
  const base::Uuid lane = *base::Uuid::Parse("01932b5c-7a3e-7c52-9d5e-3f6a1b2c4d5e");
  int64_t sequence = 0;
  OrderStore store;
};
INSTANTIATE_ON_EVERY_DATABASE(OrderExpiryTest);

TEST_P(OrderExpiryTest, RemovesOrdersByTheAgeOfTheirLastChange) {
  Place(kRetention + absl::Hours(1));
  const base::Uuid young = Place(kRetention - absl::Hours(1));
  const base::Uuid changed = Place(kRetention + absl::Hours(2));
  Cancel(changed, absl::Hours(1));
  Cancel(Place(2 * kRetention), kRetention + absl::Hours(1));
  OrderExpiry expiry = NewExpiry();
  EXPECT_THAT(expiry.Sweep(), IsOkAndHolds(false));
  EXPECT_THAT(Left(), UnorderedElementsAre(young, changed));
}

TEST_P(OrderExpiryTest, ARequestIdGoesWithItsOrder) {
  Place(2 * kRetention, "again");
  OrderExpiry expiry = NewExpiry();
  EXPECT_THAT(expiry.Sweep(), IsOkAndHolds(false));
  Place(absl::ZeroDuration(), "again");
  EXPECT_EQ(Left().size(), 1u);
}

TEST_P(OrderExpiryTest, GoesInStepsAndBeginsAnewAtTheEnd) {
  for (int i = 0; i < 7; ++i) Place(2 * kRetention);
  OrderExpiry expiry = NewExpiry(3);
  EXPECT_THAT(expiry.Sweep(), IsOkAndHolds(true));
  EXPECT_EQ(Left().size(), 4u);
  EXPECT_THAT(expiry.Sweep(), IsOkAndHolds(true));
  EXPECT_THAT(expiry.Sweep(), IsOkAndHolds(false));
  EXPECT_EQ(Left().size(), 0u);
  Place(3 * kRetention);
  EXPECT_THAT(expiry.Sweep(), IsOkAndHolds(false));
  EXPECT_EQ(Left().size(), 0u);
}

TEST_P(OrderExpiryTest, KeepsEverythingUnlessTold) {
  Place(absl::Hours(500'000));
  OrderExpiry expiry = NewExpiry(500, absl::ZeroDuration());
  EXPECT_THAT(expiry.Sweep(), IsOkAndHolds(false));
  EXPECT_EQ(Left().size(), 1u);
}

}  // namespace
}  // namespace tally::orders
