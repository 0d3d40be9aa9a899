#include <memory>

#include "absl/time/clock.h"
#include "gtest/gtest.h"
#include "tests/e2e/database_query.h"
#include "tests/e2e/retail_days.h"
#include "tests/e2e/tally.h"
#include "tests/testkit/eventually.h"
#include "tests/testkit/status_matchers.h"

namespace tally::e2e {
namespace {

using testkit::kPatience;

// --drain_timeout, and what may follow it.
constexpr absl::Duration kStopTimeout = absl::Seconds(20);

class ShutdownTest : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_OK_AND_ASSIGN(expected_, ExpectedDays(OwnRetailCsv()));
    ASSERT_OK_AND_ASSIGN(system_, System::Start());
    ASSERT_OK_AND_ASSIGN(import_, SlowImport::Start(*system_, OwnRetailCsv()));
    ASSERT_EVENTUALLY(Query("placed_orders.sql") > 0, kPatience);
  }

  int64_t Query(const char* sql_file) {
    return QueryNumber(system_->orders_database(), sql_file).value_or(-1);
  }

  void ExpectNothingIsLost() {
    import_->Hurry();
    ASSERT_OK_AND_ASSIGN(const Ended import, import_->Wait(kPatience));
    EXPECT_EQ(import.exit_code, 0) << import.out << import.err;
    EXPECT_EQ(CountedBy(absl::Now() + absl::Seconds(15), *system_, expected_), expected_);
  }

  Days expected_;
  std::unique_ptr<System> system_;
  std::unique_ptr<SlowImport> import_;
};

TEST_F(ShutdownTest, OrderServiceClosesItsLanesAndLosesNothing) {
  EXPECT_EQ(Query("open_lanes.sql"), 1);
  EXPECT_THAT(system_->orders().Terminate(kStopTimeout), testkit::IsOkAndHolds(0));
  EXPECT_TRUE(import_->Running());
  EXPECT_EQ(Query("open_lanes.sql"), 0);
  EXPECT_EQ(Query("undrained_lanes.sql"), 0);
  ASSERT_OK(system_->orders().Start());
  ExpectNothingIsLost();
}

TEST_F(ShutdownTest, OrderServiceEndsWithoutTheBusToo) {
  system_->nats().Kill();
  const int64_t placed = Query("placed_orders.sql");
  ASSERT_EVENTUALLY(Query("placed_orders.sql") > placed, kPatience);
  EXPECT_THAT(system_->orders().Terminate(kStopTimeout), testkit::IsOkAndHolds(0));
  EXPECT_EQ(Query("open_lanes.sql"), 0);
  ASSERT_OK(system_->orders().Start());
  ASSERT_OK(system_->nats().Restart());
  ExpectNothingIsLost();
}

TEST_F(ShutdownTest, ActivityServiceLosesNothing) {
  EXPECT_THAT(system_->activity().Terminate(kStopTimeout), testkit::IsOkAndHolds(0));
  EXPECT_TRUE(import_->Running());
  ASSERT_OK(system_->activity().Start());
  ExpectNothingIsLost();
}

}  // namespace
}  // namespace tally::e2e
