#include <nlohmann/json.hpp>
#include <string>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "gtest/gtest.h"
#include "tests/e2e/tally.h"
#include "tests/testkit/eventually.h"
#include "tests/testkit/process.h"
#include "tests/testkit/status_matchers.h"

namespace tally::e2e {
namespace {

constexpr absl::Duration kSoon = absl::Seconds(15);

// Today's orders as counted; -1 while there is no answer.
int64_t Counted(const System& system) {
  const absl::StatusOr<Ended> ended = RunTally(system, {"activity", "--json"});
  if (!ended.ok() || ended->exit_code != 0) return -1;
  const nlohmann::json day = nlohmann::json::parse(ended->out)["days"][0];
  int64_t orders = 0;
  return absl::SimpleAtoi(day.value("ordersCreated", "0"), &orders) ? orders : -1;
}

// Orders flow all the time, while `lose` happens, and those placed afterwards are counted soon.
template <typename Lose>
void ExpectNewOrdersFlowAfter(System& system, const Lose& lose) {
  ASSERT_OK_AND_ASSIGN(
      const auto load,
      testkit::Process::Start(
          {.argv = {ProgramPath("tally"), "load", "--rate=100", "--duration=60s", "--json",
                    absl::StrCat("--orders=", system.orders().address())}}));
  EXPECT_EVENTUALLY(Counted(system) > 50, absl::Seconds(30));
  ASSERT_OK(lose());
  const int64_t before = Counted(system);
  EXPECT_EVENTUALLY(Counted(system) > before + 200, kSoon);
  load->Kill();
}

TEST(BusLossTest, NewOrdersFlowAfterTheBrokerLostItsDisk) {
  ASSERT_OK_AND_ASSIGN(const auto system, System::Start());
  ExpectNewOrdersFlowAfter(*system, [&]() -> absl::Status {
    testkit::NatsServer& nats = system->nats();
    nats.Kill();
    if (const absl::Status wiped = nats.WipeStore(); !wiped.ok()) return wiped;
    return nats.Restart();
  });
}

TEST(BusLossTest, NewOrdersFlowAfterTheStreamWasDeleted) {
  ASSERT_OK_AND_ASSIGN(const auto system, System::Start());
  ExpectNewOrdersFlowAfter(*system,
                           [&] { return system->nats().Administer("STREAM.DELETE.ORDERS"); });
}

TEST(BusLossTest, NewOrdersFlowAfterTheDurableWasDeleted) {
  ASSERT_OK_AND_ASSIGN(const auto system, System::Start());
  ExpectNewOrdersFlowAfter(*system, [&] {
    return system->nats().Administer("CONSUMER.DELETE.ORDERS.activity_service");
  });
}

}  // namespace
}  // namespace tally::e2e
