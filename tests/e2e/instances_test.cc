#include <memory>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "gtest/gtest.h"
#include "tests/e2e/database_query.h"
#include "tests/e2e/retail_days.h"
#include "tests/e2e/tally.h"
#include "tests/testkit/eventually.h"
#include "tests/testkit/status_matchers.h"
#include "tests/testkit/temp_dir.h"

namespace tally::e2e {
namespace {

constexpr size_t kInstances = 3;
constexpr absl::Duration kPatience = absl::Seconds(60);

// Three instances of each service on one PostgreSQL; each third of a file goes to an order_service
// of its own.
class InstancesTest : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_OK_AND_ASSIGN(expected_, ExpectedDays(OwnRetailCsv()));
    ASSERT_OK_AND_ASSIGN(system_, System::Start({.database = testkit::PostgresKind(),
                                                 .order_services = kInstances,
                                                 .activity_services = kInstances}));
    for (size_t i = 0; i < kInstances; ++i) {
      const std::string third = dir_.File(absl::StrCat("third-", i, ".csv"));
      ASSERT_OK(WriteThird(OwnRetailCsv(), static_cast<int>(i), third));
      ASSERT_OK_AND_ASSIGN(imports_.emplace_back(), SlowImport::Start(*system_, third, i));
    }
  }

  void ExpectImportsEndWell() {
    for (const auto& import : imports_) {
      ASSERT_OK_AND_ASSIGN(const Ended ended, import->Wait(kPatience));
      EXPECT_EQ(ended.exit_code, 0) << ended.out << ended.err;
    }
  }

  void ExpectEveryDayIsRight() {
    EXPECT_EQ(CountedBy(absl::Now() + absl::Seconds(15), *system_, expected_), expected_);
    EXPECT_THAT(QueryNumber(system_->orders_database(), "placed_orders.sql"),
                testkit::IsOkAndHolds(OrdersOf(expected_)));
  }

  int64_t Query(const char* sql_file) {
    return QueryNumber(system_->orders_database(), sql_file).value_or(-1);
  }

  testkit::TempDir dir_;
  Days expected_;
  std::unique_ptr<System> system_;
  std::vector<std::unique_ptr<SlowImport>> imports_;
};

TEST_F(InstancesTest, EachDoesPartOfTheWork) {
  ExpectImportsEndWell();
  ExpectEveryDayIsRight();
  double published = 0;
  double applied = 0;
  for (size_t i = 0; i < kInstances; ++i) {
    ASSERT_OK_AND_ASSIGN(const double published_here,
                         system_->orders(i).Metric("tally_relay_published_total"));
    ASSERT_OK_AND_ASSIGN(const double applied_here,
                         system_->activity(i).Metric("tally_inbox_applied_total"));
    EXPECT_GT(published_here, 0) << "order_service " << i;
    EXPECT_GT(applied_here, 0) << "activity_service " << i;
    published += published_here;
    applied += applied_here;
  }
  EXPECT_GE(published, OrdersOf(expected_));
  EXPECT_EQ(applied, OrdersOf(expected_));
}

TEST_F(InstancesTest, OthersFinishWhatAKilledOneBegan) {
  const int64_t all = OrdersOf(expected_);
  ASSERT_EVENTUALLY(Query("placed_orders.sql") * 10 >= all, kPatience);
  system_->orders(0).Kill();
  system_->activity(1).Kill();
  EXPECT_LT(Query("placed_orders.sql"), all);
  EXPECT_GT(Query("undrained_lanes.sql"), 0);
  EXPECT_EVENTUALLY(Query("undrained_lanes.sql") == 0, kPatience);
  ASSERT_OK_AND_ASSIGN(const double by_1, system_->orders(1).Metric("tally_relay_takeovers_total"));
  ASSERT_OK_AND_ASSIGN(const double by_2, system_->orders(2).Metric("tally_relay_takeovers_total"));
  EXPECT_GT(by_1 + by_2, 0);

  ASSERT_OK(system_->orders(0).Start());
  ExpectImportsEndWell();
  ExpectEveryDayIsRight();
}

}  // namespace
}  // namespace tally::e2e
