#include <functional>
#include <memory>
#include <nlohmann/json.hpp>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "tests/e2e/database_query.h"
#include "tests/e2e/service_process.h"
#include "tests/e2e/tally.h"
#include "tests/testkit/eventually.h"
#include "tests/testkit/process.h"
#include "tests/testkit/status_matchers.h"

namespace tally::e2e {
namespace {

constexpr absl::Duration kPatience = absl::Seconds(120);

class BulkTest : public testing::TestWithParam<testkit::DatabaseKind> {
 protected:
  int64_t Placed() {
    return QueryNumber(system_->orders_database(), "placed_orders.sql").value_or(-1);
  }

  // `tally load --bulk`, with something done to order_service when some of it is placed.
  void ExpectEachIsCountedOnce(const std::function<void(ServiceProcess&)>& interrupt) {
    constexpr int kOrders = 20'000;
    ASSERT_OK_AND_ASSIGN(
        system_, System::Start({.database = GetParam(), .order_flags = {"--drain_timeout=60s"}}));
    ASSERT_OK_AND_ASSIGN(const auto load,
                         testkit::Process::Start(
                             {.argv = {ProgramPath("tally"), "load", "--bulk", "--json",
                                       "--deadline=120s", "--connections=2", "--concurrency=500",
                                       "--rate=3000", absl::StrCat("--count=", kOrders),
                                       absl::StrCat("--orders=", system_->orders().address())}}));
    ASSERT_EVENTUALLY(Placed() > kOrders / 100, kPatience);
    interrupt(system_->orders());
    EXPECT_LT(Placed(), kOrders);
    EXPECT_TRUE(load->Running());
    ASSERT_OK(system_->orders().Start());
    EXPECT_THAT(load->Wait(kPatience), testkit::IsOkAndHolds(0)) << load->Stderr();
    report_ = nlohmann::json::parse(load->Stdout());
    EXPECT_EQ(report_["placed"], kOrders);
    EXPECT_EQ(Placed(), kOrders);
    EXPECT_EVENTUALLY(
        system_->activity().Metric("tally_inbox_applied_total").value_or(-1) == kOrders, kPatience);
  }

  std::unique_ptr<System> system_;
  nlohmann::json report_;
};

TEST_P(BulkTest, EachOrderIsCountedOnceThoughOrderServiceIsKilledInTheMiddle) {
  ExpectEachIsCountedOnce([](ServiceProcess& orders) { orders.Kill(); });
}

TEST_P(BulkTest, EachOrderIsCountedOnceThoughOrderServiceIsStoppedInTheMiddle) {
  ExpectEachIsCountedOnce([](ServiceProcess& orders) {
    EXPECT_THAT(orders.Terminate(kPatience), testkit::IsOkAndHolds(0));
  });
  EXPECT_FALSE(report_["repeated"].contains("CANCELLED")) << "streams were cut off: " << report_;
}

INSTANTIATE_ON_EVERY_DATABASE(BulkTest);

}  // namespace
}  // namespace tally::e2e
