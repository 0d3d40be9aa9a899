#include "order_service/store/order_sums.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/base/status_macros.h"
#include "common/base/uuid_v7_source.h"
#include "order_service/store/audit_sql.h"
#include "order_service/store/order_expiry.h"
#include "order_service/store/order_store.h"
#include "tests/integration/order_service/fixture_sql.h"
#include "tests/testkit/database_urls.h"
#include "tests/testkit/query_plan.h"
#include "tests/testkit/status_matchers.h"

namespace tally::orders {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

const absl::CivilDay kDay(2010, 12, 1);
const base::TimeInterval kAlways = {
    absl::FromCivil(absl::CivilDay(1980, 1, 1), absl::UTCTimeZone()),
    absl::FromCivil(absl::CivilDay(3000, 1, 1), absl::UTCTimeZone())};

class OrderSumsTest : public testing::TestWithParam<testkit::DatabaseKind> {
 protected:
  void SetUp() override {
    ASSERT_OK_AND_ASSIGN(const std::string url, GetParam().MakeUrl());
    ASSERT_OK_AND_ASSIGN(database, db::Database::Open({.url = url}, clock, telemetry));
    ASSERT_OK(OrderStore::Migrate(*database));
  }

  absl::Time Deadline() { return clock.Now() + absl::Seconds(60); }
  absl::Status Write(absl::FunctionRef<absl::Status(db::Transaction&)> body) {
    return database->Run(db::Mode::kWrite, Deadline(), body);
  }
  base::Uuid Place(absl::Time time, const std::string& currency, const std::string& total,
                   absl::Time taken = absl::Now()) {
    base::ManualClock then(taken);
    StoredOrder stored;
    stored.order.order_id = base::UuidV7Source(then).Next();
    stored.order.customer = "ada";
    stored.order.currency = currency;
    stored.order.total = base::Money::Parse(currency, total).value();
    stored.order.place_time = time;
    stored.order.create_time = taken;
    stored.order.placed_event = {lane, ++sequence};
    EXPECT_OK(Write(
        [&](db::Transaction& transaction) { return store.Insert(transaction, lane, {&stored}); }));
    return stored.order.order_id;
  }
  void Cancel(const base::Uuid& order_id, absl::Time time) {
    StoredOrder stored;
    stored.order.order_id = order_id;
    stored.order.version = 2;
    stored.order.cancellation = {time, "", {lane, ++sequence}};
    EXPECT_OK(Write(
        [&](db::Transaction& transaction) { return store.Cancel(transaction, lane, {&stored}); }));
  }

  // "2010-12-01: 2 orders, GBP 3.00", over all pages of so many orders.
  std::vector<std::string> Sums(CountedBy by, int orders_max, int* pages = nullptr) {
    OrderSums sums(*database, orders_max);
    std::map<std::pair<absl::CivilDay, std::string>, DaySum> days;
    std::optional<OrderCursor> after;
    do {
      const auto page = sums.Sum(by, kAlways, after, Deadline());
      EXPECT_OK(page);
      if (!page.ok()) break;
      for (const DaySum& sum : page->sums) {
        const std::string& currency = sum.total.currency();
        const DaySum none = {sum.day, 0, *base::Money::Create(currency, 0, 0)};
        DaySum& day = days.try_emplace({sum.day, currency}, none).first->second;
        day.orders += sum.orders;
        day.total = base::Add(day.total, sum.total).value();
      }
      after = page->next;
      if (pages != nullptr) ++*pages;
    } while (after.has_value());
    std::vector<std::string> texts;
    for (const auto& [key, sum] : days) {
      texts.push_back(absl::StrCat(absl::FormatCivilTime(sum.day), ": ", sum.orders, " orders, ",
                                   key.second, " ", sum.total.Format()));
    }
    return texts;
  }

  base::SystemClock clock;
  telemetry::Telemetry telemetry{telemetry::LogFormat::kText, telemetry::LogLevel::kError, "test"};
  std::unique_ptr<db::Database> database;
  OrderStore store;
  const base::Uuid lane = *base::Uuid::Parse("01932b5c-7a3e-7c52-9d5e-3f6a1b2c4d5e");
  int64_t sequence = 0;
};
INSTANTIATE_ON_EVERY_DATABASE(OrderSumsTest);

TEST_P(OrderSumsTest, AddsUpDaysOfUtcByCurrencyWhateverThePage) {
  const absl::Time midnight = absl::FromCivil(kDay, absl::UTCTimeZone());
  Place(midnight - absl::Microseconds(1), "GBP", "0.01");
  Place(midnight, "GBP", "1.99");
  Place(midnight, "EUR", "5.00");
  const base::Uuid cancelled = Place(midnight + absl::Hours(23), "GBP", "2.02");
  Place(midnight + absl::Hours(24), "JPY", "7");
  Cancel(cancelled, midnight + absl::Hours(30));
  for (const int orders_max : {1, 2, 3, 100}) {
    EXPECT_THAT(Sums(CountedBy::kPlaced, orders_max),
                ElementsAre("2010-11-30: 1 orders, GBP 0.01", "2010-12-01: 1 orders, EUR 5.00",
                            "2010-12-01: 2 orders, GBP 4.01", "2010-12-02: 1 orders, JPY 7"));
    EXPECT_THAT(Sums(CountedBy::kCancelled, orders_max),
                ElementsAre("2010-12-02: 1 orders, GBP 2.02"));
  }
  int pages = 0;
  Sums(CountedBy::kPlaced, 2, &pages);
  EXPECT_EQ(pages, 3);
}

TEST_P(OrderSumsTest, KeepsBeforeWhatTimeOrdersMayBeGone) {
  OrderSums sums(*database);
  OrderExpiry expiry({.retention = absl::Hours(1000)}, *database, telemetry);
  Place(absl::Now(), "GBP", "1");
  ASSERT_OK(expiry.Sweep());
  ASSERT_OK_AND_ASSIGN(OrderSums::Page page, sums.Sum(CountedBy::kPlaced, kAlways, {}, Deadline()));
  EXPECT_EQ(page.expired_before, absl::InfinitePast()) << "nothing was removed";
  const absl::Time old = absl::Now() - absl::Hours(2000);
  Place(old, "GBP", "1", old);
  ASSERT_OK(expiry.Sweep());
  ASSERT_OK_AND_ASSIGN(page, sums.Sum(CountedBy::kPlaced, kAlways, {}, Deadline()));
  EXPECT_EQ(page.sums.size(), 1);
  EXPECT_GT(page.expired_before, old);
  EXPECT_LT(page.expired_before, absl::Now() - absl::Hours(999));
}

TEST_P(OrderSumsTest, WalksAnIndexAlongTheTime) {
  const absl::Time day = absl::FromCivil(kDay, absl::UTCTimeZone());
  for (int i = 0; i < 300; ++i) Place(day + absl::Hours(i), "GBP", "1");
  ASSERT_OK(Write([](db::Transaction& transaction) {
    return transaction.Execute(fixture::sql::kAnalyze).status();
  }));
  const db::Params params = {{"start_time", day},
                             {"end_time", day + absl::Hours(24)},
                             {"after_time", absl::UnixEpoch()},
                             {"after_id", "00000000-0000-0000-0000-000000000000"},
                             {"last_time", day + absl::Hours(24)},
                             {"last_id", "ffffffff-ffff-ffff-ffff-ffffffffffff"},
                             {"orders", 99}};
  testkit::QueryPlan plan;
  EXPECT_THAT(plan.Of(*database, sql::kSumPlaced, params), HasSubstr("orders_place_time"));
  EXPECT_THAT(plan.Of(*database, sql::kFindPageEndOfPlaced, params),
              HasSubstr("orders_place_time"));
  EXPECT_THAT(plan.Of(*database, sql::kSumCancelled, params), HasSubstr("orders_cancel_time"));
  EXPECT_THAT(plan.Of(*database, sql::kFindPageEndOfCancelled, params),
              HasSubstr("orders_cancel_time"));
}

}  // namespace
}  // namespace tally::orders
