#include <nlohmann/json.hpp>
#include <string>

#include "gtest/gtest.h"
#include "tests/e2e/tally.h"
#include "tests/testkit/eventually.h"
#include "tests/testkit/status_matchers.h"

namespace tally::e2e {
namespace {

nlohmann::json Tally(const System& system, std::vector<std::string> arguments) {
  arguments.push_back("--json");
  const absl::StatusOr<Ended> ended = RunTally(system, std::move(arguments));
  EXPECT_OK(ended);
  if (!ended.ok()) return {};
  EXPECT_EQ(ended->exit_code, 0) << ended->err;
  return nlohmann::json::parse(ended->out, nullptr, /*allow_exceptions=*/false);
}

TEST(CancelTest, ACancelledOrderIsCountedAsSuchBesideItsCreation) {
  ASSERT_OK_AND_ASSIGN(const auto system, System::Start());
  const nlohmann::json placed = Tally(*system, {"place", "--customer=ada", "--line=TEA:2:3.50"});
  Tally(*system, {"place", "--customer=ada", "--line=TEA:1:1.00"});
  const std::string order_id = placed["order"]["orderId"];
  const nlohmann::json cancelled = Tally(*system, {"cancel", order_id, "--reason=too late"});
  EXPECT_EQ(cancelled["order"]["state"], "STATE_CANCELLED");
  EXPECT_EQ(cancelled["order"]["cancelReason"], "too late");
  EXPECT_EQ(Tally(*system, {"cancel", order_id})["consistencyToken"],
            cancelled["consistencyToken"]);

  nlohmann::json day;
  EXPECT_EVENTUALLY((day = Tally(*system, {"activity"})["days"][0])["ordersCreated"] == "2" &&
                        day["ordersCancelled"] == "1",
                    absl::Seconds(15));
  EXPECT_EQ(day["ordersNet"], "1") << day;
  ASSERT_EQ(day["revenue"].size(), 1) << day;
  EXPECT_EQ(day["revenue"][0]["created"]["units"], "8") << day;
  EXPECT_EQ(day["revenue"][0]["cancelled"]["units"], "7") << day;
  EXPECT_EQ(day["revenue"][0]["net"]["units"], "1") << day;
}

}  // namespace
}  // namespace tally::e2e
