#include <algorithm>
#include <functional>
#include <iostream>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "gtest/gtest.h"
#include "tests/e2e/database_query.h"
#include "tests/e2e/retail_days.h"
#include "tests/e2e/tally.h"
#include "tests/testkit/eventually.h"
#include "tests/testkit/status_matchers.h"
#include "tests/testkit/tcp_gate.h"
#include "tests/testkit/temp_dir.h"

namespace tally::e2e {
namespace {

using testkit::kPatience;

constexpr size_t kInstances = 3;

// Three instances of each service on one PostgreSQL, started together; each third of a file goes to
// an order_service of its own.
class InstancesTest : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_OK_AND_ASSIGN(expected_, ExpectedDays(OwnRetailCsv()));
    ASSERT_OK_AND_ASSIGN(system_, System::Start({.database = testkit::PostgresKind(),
                                                 .order_services = kInstances,
                                                 .activity_services = kInstances,
                                                 .gates = true,
                                                 .order_flags = {"--lease=4s"}}));
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

  // Nothing was written where nothing may be, nothing is left behind, nobody was in each other's
  // way.
  void ExpectLanesAreInOrder() {
    EXPECT_EVENTUALLY(Query("forgotten_lanes.sql") == 0, kPatience);
    EXPECT_EQ(Query("misplaced_events.sql"), 0);
    EXPECT_EQ(Query("deadlocks.sql"), 0);
    EXPECT_THAT(QueryNumber(system_->activity_database(), "deadlocks.sql"),
                testkit::IsOkAndHolds(0));
  }

  int64_t Query(const char* sql_file) {
    return QueryNumber(system_->orders_database(), sql_file).value_or(-1);
  }
  int64_t QueryActivity(const char* sql_file) {
    return QueryNumber(system_->activity_database(), sql_file).value_or(-1);
  }

  // Freezes the service while one of its sessions is within its transaction, as `within` sees it.
  // The way to the database is long: between two requests of a transaction there is time for it.
  static void FreezeWithin(ServiceProcess& service, testkit::TcpGate& gate,
                           const std::function<bool()>& within) {
    gate.Delay(absl::Milliseconds(300));
    const absl::Time deadline = absl::Now() + kPatience;
    do {
      ASSERT_EVENTUALLY(within(), kPatience);
      ASSERT_OK(service.Freeze());
      // Unless its next request was on its way already.
      if (!testkit::Eventually(absl::Seconds(1), [&] { return !within(); })) return;
      ASSERT_OK(service.Thaw());
    } while (absl::Now() < deadline);
    FAIL() << "it was never seen within its transaction";
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
  ExpectLanesAreInOrder();
}

TEST_F(InstancesTest, AnOrderServiceFrozenWithinItsTransactionHoldsNobodyUp) {
  const auto within = [&] { return Query("idle_writers.sql") == 1; };
  FreezeWithin(system_->orders(0), system_->orders_gate(), within);
  EXPECT_EVENTUALLY(!within(), kPatience);
  EXPECT_EVENTUALLY(Query("undrained_lanes.sql") == 0, kPatience);
  system_->orders_gate().Forward();
  ASSERT_OK(system_->orders(0).Thaw());
  ExpectImportsEndWell();
  ExpectEveryDayIsRight();
  ExpectLanesAreInOrder();
}

TEST_F(InstancesTest, AnActivityServiceFrozenWithinItsTransactionHoldsNobodyUp) {
  const auto within = [&] { return QueryActivity("idle_consumers.sql") == 1; };
  const auto counted_by_others = [&] {
    return system_->activity(1).Metric("tally_inbox_applied_total").value_or(0) +
           system_->activity(2).Metric("tally_inbox_applied_total").value_or(0);
  };
  FreezeWithin(system_->activity(0), system_->activity_gate(), within);
  EXPECT_EVENTUALLY(!within(), kPatience);
  const double before = counted_by_others();
  EXPECT_EVENTUALLY(counted_by_others() > before, kPatience);
  system_->activity_gate().Forward();
  ASSERT_OK(system_->activity(0).Thaw());
  ExpectImportsEndWell();
  ExpectEveryDayIsRight();
  ExpectLanesAreInOrder();
}

TEST_F(InstancesTest, KilledAndFrozenAtRandomTheyLoseNothing) {
  const auto seed = std::random_device()();
  std::cout << "seed " << seed << std::endl;
  std::mt19937 random(seed);
  for (int round = 0; round < 12; ++round) {
    const int64_t placed = Query("placed_orders.sql");
    const auto more = static_cast<int64_t>(random() % 10);
    ASSERT_EVENTUALLY(Query("placed_orders.sql") >= std::min(placed + more, OrdersOf(expected_)),
                      kPatience);
    const size_t instance = random() % kInstances;
    ServiceProcess& service =
        random() % 2 == 0 ? system_->orders(instance) : system_->activity(instance);
    if (round % 4 == 3) {
      ASSERT_OK(system_->orders(0).Freeze());
      EXPECT_EVENTUALLY(Query("undrained_lanes.sql") == 0, kPatience);
      ASSERT_OK(system_->orders(0).Thaw());
    } else {
      service.Kill();
      ASSERT_OK(service.Launch());
    }
  }
  for (size_t i = 0; i < kInstances; ++i) {
    ASSERT_OK(system_->orders(i).AwaitReady());
    ASSERT_OK(system_->activity(i).AwaitReady());
  }
  ExpectImportsEndWell();
  ExpectEveryDayIsRight();
  ExpectLanesAreInOrder();
}

}  // namespace
}  // namespace tally::e2e
