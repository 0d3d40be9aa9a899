#include <functional>
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

// From the last restart until every day is right.
constexpr absl::Duration kRecovery = absl::Seconds(15);
// The same when the bus lost what it had acknowledged.
constexpr absl::Duration kHealing = absl::Seconds(30);

class KillTest : public testing::TestWithParam<testkit::DatabaseKind> {
 protected:
  void SetUp() override {
    ASSERT_OK_AND_ASSIGN(expected_, ExpectedDays(OwnRetailCsv()));
    ASSERT_OK_AND_ASSIGN(system_, System::Start({.database = GetParam()}));
    ASSERT_OK_AND_ASSIGN(import_, SlowImport::Start(*system_, OwnRetailCsv()));
  }

  int64_t Placed() {
    return QueryNumber(system_->orders_database(), "placed_orders.sql").value_or(-1);
  }

  // Kills when that share of the orders is placed, and sees that the import was under way.
  void KillAt(int percent, const std::function<void()>& kill) {
    const int64_t all = OrdersOf(expected_);
    ASSERT_EVENTUALLY(Placed() * 100 >= all * percent, kPatience);
    kill();
    const int64_t placed = Placed();
    EXPECT_GT(placed, 0);
    EXPECT_LT(placed, all);
    EXPECT_TRUE(import_->Running());
  }

  void ExpectEveryDayIsRightSoon(absl::Duration within = kRecovery) {
    const absl::Time deadline = absl::Now() + within;
    import_->Hurry();
    ASSERT_OK_AND_ASSIGN(const Ended import, import_->Wait(kPatience));
    EXPECT_EQ(import.exit_code, 0) << import.out << import.err;
    EXPECT_EQ(CountedBy(deadline, *system_, expected_), expected_);
  }

  Days expected_;
  std::unique_ptr<System> system_;
  std::unique_ptr<SlowImport> import_;
};

TEST_P(KillTest, EveryDayIsRightAfterNatsServerWasKilled) {
  KillAt(20, [&] { system_->nats().Kill(); });
  ASSERT_OK(system_->nats().Restart());
  ExpectEveryDayIsRightSoon();
}

TEST_P(KillTest, EveryDayIsRightAfterOrderServiceWasKilled) {
  KillAt(20, [&] { system_->orders().Kill(); });
  ASSERT_OK(system_->orders().Start());
  ExpectEveryDayIsRightSoon();
}

TEST_P(KillTest, EveryDayIsRightAfterActivityServiceWasKilled) {
  KillAt(20, [&] { system_->activity().Kill(); });
  ASSERT_OK(system_->activity().Start());
  ExpectEveryDayIsRightSoon();
}

TEST_P(KillTest, EveryDayIsRightAfterAllWereKilledOneAfterTheOther) {
  KillAt(10, [&] { system_->nats().Kill(); });
  KillAt(20, [&] { system_->activity().Kill(); });
  KillAt(30, [&] { system_->orders().Kill(); });
  ASSERT_OK(system_->activity().Start());
  ASSERT_OK(system_->orders().Start());
  ASSERT_OK(system_->nats().Restart());
  ExpectEveryDayIsRightSoon();
}

TEST_P(KillTest, EveryDayIsRightAfterNatsServerLostItsDisk) {
  KillAt(20, [&] { system_->activity().Kill(); });
  KillAt(50, [&] { system_->nats().Kill(); });
  ASSERT_OK(system_->nats().WipeStore());
  ASSERT_OK(system_->nats().Restart());
  ASSERT_OK(system_->activity().Start());
  ExpectEveryDayIsRightSoon(kHealing);
  ASSERT_OK_AND_ASSIGN(const double healed,
                       system_->activity().Metric("tally_healing_events_total"));
  EXPECT_GT(healed, 0);
}

INSTANTIATE_ON_EVERY_DATABASE(KillTest);

}  // namespace
}  // namespace tally::e2e
