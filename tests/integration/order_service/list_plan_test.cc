// Lists read what a page needs and no more: which index the databases choose for each of them.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/base/clock.h"
#include "common/base/status_macros.h"
#include "common/base/uuid_v7_source.h"
#include "common/telemetry/telemetry.h"
#include "order_service/store/order_store.h"
#include "order_service/store/orders_sql.h"
#include "tests/integration/order_service/fixture_sql.h"
#include "tests/testkit/database_urls.h"
#include "tests/testkit/query_plan.h"
#include "tests/testkit/status_matchers.h"

namespace tally::orders {
namespace {

using testing::AnyOf;
using testing::HasSubstr;
using testing::Not;

constexpr int kOrders = 4'000;
constexpr int kCancelledOneIn = 100;
const base::Uuid kLane = *base::Uuid::Parse("01932b5c-7a3e-7c52-9d5e-3f6a1b2c4d5e");

class ListPlanTest : public testing::TestWithParam<testkit::DatabaseKind> {
 protected:
  void SetUp() override {
    ASSERT_OK_AND_ASSIGN(const std::string url, GetParam().MakeUrl());
    ASSERT_OK_AND_ASSIGN(database, db::Database::Open({.url = url}, clock, telemetry));
    ASSERT_OK(OrderStore::Migrate(*database));
    ASSERT_OK(Run(db::Mode::kWrite, [&](db::Transaction& transaction) -> absl::Status {
      if (const absl::Status filled = Fill(transaction); !filled.ok()) return filled;
      return transaction.Execute(fixture::sql::kAnalyze).status();
    }));
  }

  template <typename Body>
  absl::Status Run(db::Mode mode, Body body) {
    return database->Run(mode, clock.Now() + absl::Seconds(60), body);
  }

  absl::Status Fill(db::Transaction& transaction) {
    std::vector<StoredOrder> orders(kOrders);
    std::vector<const StoredOrder*> all, cancelled;
    for (int i = 0; i < kOrders; ++i) {
      Order& order = orders[i].order;
      order.order_id = ids.Next();
      order.customer = absl::StrCat("customer-", i % 200);
      order.currency = "GBP";
      order.total = *base::Money::Create("GBP", 1, 0);
      order.place_time = order.create_time = absl::FromUnixSeconds(1'700'000'000 + i);
      order.placed_event = {kLane, i + 1};
      all.push_back(&orders[i]);
      if (i % kCancelledOneIn != 0) continue;
      order.version = 2;
      order.cancellation = {order.place_time, "", {kLane, kOrders + i + 1}};
      cancelled.push_back(&orders[i]);
    }
    if (const absl::Status inserted = store.Insert(transaction, kLane, all); !inserted.ok()) {
      return inserted;
    }
    return store.Cancel(transaction, kLane, cancelled);
  }

  std::string PlanOf(const db::Statement& statement) {
    const db::Params params = {{"start_time", std::numeric_limits<int64_t>::min()},
                               {"end_time", std::numeric_limits<int64_t>::max()},
                               {"after_time", int64_t{1'700'000'001'000'000}},
                               {"after_id", kLane.ToString()},
                               {"state", ""},
                               {"customer", "customer-7"},
                               {"orders_max", int64_t{10}},
                               {"lane_id", kLane.ToString()},
                               {"first", int64_t{100}},
                               {"last", int64_t{200}},
                               {"events_max", int64_t{50}},
                               {"bytes_max", int64_t{100'000}}};
    return plan.Of(*database, statement, params);
  }

  testkit::QueryPlan plan;
  base::SystemClock clock;
  telemetry::Telemetry telemetry{telemetry::LogFormat::kText, telemetry::LogLevel::kError, "test"};
  std::unique_ptr<db::Database> database;
  base::UuidV7Source ids{clock};
  OrderStore store;
};
INSTANTIATE_ON_EVERY_DATABASE(ListPlanTest);

TEST_P(ListPlanTest, EveryListWalksItsIndexInOrder) {
  const std::pair<const db::Statement*, const char*> lists[] = {
      {&sql::kListOldestFirst, "orders_place_time"},
      {&sql::kListNewestFirst, "orders_place_time"},
      {&sql::kListCancelledOldestFirst, "orders_cancelled"},
      {&sql::kListCancelledNewestFirst, "orders_cancelled"},
      {&sql::kListOldestFirstOfCustomer, "orders_customer"},
      {&sql::kListNewestFirstOfCustomer, "orders_customer"},
  };
  for (const auto& [statement, index] : lists) {
    const std::string steps = PlanOf(*statement);
    EXPECT_THAT(steps, HasSubstr(index)) << statement->name;
    EXPECT_THAT(steps, Not(AnyOf(HasSubstr("Sort"), HasSubstr("TEMP B-TREE")))) << statement->name;
  }
}

// A session keeps the plan that it made while the table had one page. It would read all of the
// table for each order of a named caller once there are many.
TEST_P(ListPlanTest, ARequestIdIsFoundByItsIndexHoweverSmallTheTableWas) {
  ASSERT_OK_AND_ASSIGN(const std::string url, GetParam().MakeUrl());
  ASSERT_OK_AND_ASSIGN(const auto small,
                       db::Database::Open({.url = url, .sessions = 1}, clock, telemetry));
  ASSERT_OK(OrderStore::Migrate(*small));
  int64_t scans_before = 0;
  for (int i = 0; i < 20; ++i) {
    StoredOrder order;
    order.caller = "ada";
    order.request_id = absl::StrCat("r", i);
    order.order.order_id = ids.Next();
    order.order.currency = "GBP";
    order.order.total = *base::Money::Create("GBP", 1, 0);
    order.order.placed_event = {kLane, i + 1};
    const StoredOrder* const orders[] = {&order};
    int64_t scans = 0;
    ASSERT_OK(small->Run(db::Mode::kWrite, clock.Now() + absl::Seconds(60),
                         [&](db::Transaction& transaction) -> absl::Status {
                           if (i < 10)
                             RETURN_IF_ERROR(transaction.Execute(fixture::sql::kAnalyze).status());
                           RETURN_IF_ERROR(store.Insert(transaction, kLane, orders));
                           if (transaction.dialect() != db::Dialect::kPostgres)
                             return absl::OkStatus();
                           return transaction.Query<int64_t>(fixture::sql::kCountScans,
                                                             db::Params(),
                                                             [&](int64_t count) { scans = count; });
                         }));
    if (i < 10) scans_before = scans;  // of making the indexes, by the same session
    EXPECT_EQ(scans, scans_before) << i;
  }
}

TEST_P(ListPlanTest, OrdersAreFoundByTheirEvents) {
  const std::string steps = PlanOf(sql::kListByEvent);
  EXPECT_THAT(steps, HasSubstr("orders_place_event"));
  EXPECT_THAT(steps, HasSubstr("orders_cancel_event"));
  EXPECT_THAT(steps, Not(AnyOf(HasSubstr("Seq Scan on orders"), HasSubstr("SCAN orders"))));
}

}  // namespace
}  // namespace tally::orders
