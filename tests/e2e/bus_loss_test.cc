// Whatever the bus loses while orders flow, soon afterwards every order is counted, once.

#include <memory>
#include <nlohmann/json.hpp>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "gtest/gtest.h"
#include "tests/e2e/order_flow.h"
#include "tests/e2e/system.h"
#include "tests/testkit/eventually.h"
#include "tests/testkit/status_matchers.h"

namespace tally::e2e {
namespace {

// From the broker's return until all is counted that was placed before.
constexpr absl::Duration kPromised = absl::Seconds(30);
constexpr absl::Duration kPatience = absl::Seconds(90);
constexpr int kGap = 10'000;

class BusLossTest : public testing::TestWithParam<testkit::DatabaseKind> {
 protected:
  void Start(std::vector<std::string> activity_flags = {}) {
    ASSERT_OK_AND_ASSIGN(system_, System::Start({.database = GetParam(),
                                                 .activity_flags = std::move(activity_flags)}));
    ASSERT_OK_AND_ASSIGN(flow_, OrderFlow::Start(*system_));
    ASSERT_EVENTUALLY(Counted().orders > 50, kPatience);
  }

  testkit::NatsServer& nats() { return system_->nats(); }
  DayTotals Counted() { return CountedToday(*system_).value_or(DayTotals{.orders = -1}); }
  DayTotals Placed() { return PlacedToday(*system_).value_or(DayTotals{.orders = -2}); }
  double Published() {
    return system_->orders().Metric("tally_relay_published_total").value_or(-1);
  }
  double Healed() { return system_->activity().Metric("tally_healing_events_total").value_or(-1); }

  // The bus has acknowledged more than the gap, and nobody has counted it.
  void FillTheBusWhileNobodyCounts() {
    system_->activity().Kill();
    const double before = Published();
    ASSERT_OK(PlaceInBulk(*system_, kGap));
    ASSERT_EVENTUALLY(Published() >= before + kGap, kPatience);
  }
  // The broker is back.
  void ExpectAllIsCountedSoon() {
    const absl::Time back = absl::Now();
    EXPECT_EVENTUALLY(CountsAllUntil(back, *system_), kPromised);
  }
  void ExpectStatisticsEqualOrdersInTheEnd() {
    EXPECT_OK(flow_->Stop());
    EXPECT_EVENTUALLY(Counted() == Placed(), kPatience);
    EXPECT_EQ(Counted(), Placed());
  }

  int64_t LastSequence() {
    const absl::StatusOr<std::string> info = nats().Ask("STREAM.INFO.ORDERS");
    return info.ok() ? nlohmann::json::parse(*info)["state"].value("last_seq", int64_t{0}) : 0;
  }
  void DeleteMessages(int64_t first, int64_t last, int64_t step) {
    for (int64_t sequence = first; sequence <= last; sequence += step) {
      ASSERT_OK(
          nats().Administer("STREAM.MSG.DELETE.ORDERS", absl::StrCat(R"({"seq":)", sequence, "}")));
    }
  }

  std::unique_ptr<System> system_;
  std::unique_ptr<OrderFlow> flow_;
};

TEST_P(BusLossTest, AllIsCountedAfterTheBrokerLostItsDisk) {
  Start();
  FillTheBusWhileNobodyCounts();
  nats().Kill();
  ASSERT_OK(nats().WipeStore());
  ASSERT_OK(system_->activity().Start());
  ASSERT_OK(nats().Restart());
  ExpectAllIsCountedSoon();
  EXPECT_GE(Healed(), kGap);
  ExpectStatisticsEqualOrdersInTheEnd();
}

INSTANTIATE_ON_EVERY_DATABASE(BusLossTest);

class BusLossOnPostgresTest : public BusLossTest {};

TEST_P(BusLossOnPostgresTest, AllIsCountedAfterTheBrokerWasRolledBack) {
  Start();
  ASSERT_OK(nats().Stop());
  ASSERT_OK(nats().CopyStore());
  ASSERT_OK(nats().Restart());
  FillTheBusWhileNobodyCounts();
  nats().Kill();
  ASSERT_OK(nats().RollBackStore());
  ASSERT_OK(system_->activity().Start());
  ASSERT_OK(nats().Restart());
  ExpectAllIsCountedSoon();
  EXPECT_GE(Healed(), kGap);
  ExpectStatisticsEqualOrdersInTheEnd();
}

INSTANTIATE_TEST_SUITE_P(Database, BusLossOnPostgresTest, testing::Values(testkit::PostgresKind()));

class BusLossOnSqliteTest : public BusLossTest {};

TEST_P(BusLossOnSqliteTest, AllIsCountedAfterMessagesOrStreamOrDurableWereDeleted) {
  Start({"--heal_every=1s"});
  DeleteMessages(1, LastSequence() / 2, 1);
  const absl::Time rounds_later = absl::Now() + absl::Seconds(3);
  EXPECT_EVENTUALLY(CountsAllUntil(rounds_later, *system_), kPatience);
  EXPECT_EQ(Healed(), 0) << "what was counted before it was deleted is missed by nobody";

  const int64_t counted = LastSequence();
  FillTheBusWhileNobodyCounts();
  DeleteMessages(counted, LastSequence(), 2);
  ASSERT_OK(system_->activity().Start());
  ExpectAllIsCountedSoon();
  EXPECT_GT(Healed(), 0);

  FillTheBusWhileNobodyCounts();
  ASSERT_OK(nats().Administer("STREAM.PURGE.ORDERS"));
  ASSERT_OK(system_->activity().Start());
  ExpectAllIsCountedSoon();
  EXPECT_GE(Healed(), kGap);

  FillTheBusWhileNobodyCounts();
  ASSERT_OK(nats().Administer("CONSUMER.DELETE.ORDERS.activity_service"));
  ASSERT_OK(system_->activity().Start());
  ExpectAllIsCountedSoon();
  EXPECT_EQ(Healed(), 0) << "the stream has it all";

  FillTheBusWhileNobodyCounts();
  ASSERT_OK(nats().Administer("STREAM.DELETE.ORDERS"));
  ASSERT_OK(system_->activity().Start());
  ExpectAllIsCountedSoon();
  EXPECT_GE(Healed(), kGap);
  ExpectStatisticsEqualOrdersInTheEnd();
}

INSTANTIATE_TEST_SUITE_P(Database, BusLossOnSqliteTest, testing::Values(testkit::SqliteKind()));

}  // namespace
}  // namespace tally::e2e
