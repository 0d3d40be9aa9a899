#include <nlohmann/json.hpp>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/e2e/tally.h"
#include "tests/testkit/eventually.h"
#include "tests/testkit/status_matchers.h"

namespace tally::e2e {
namespace {

using testing::HasSubstr;
using testing::Not;

nlohmann::json Tally(const System& system, std::vector<std::string> arguments) {
  arguments.push_back("--json");
  const absl::StatusOr<Ended> ended = RunTally(system, std::move(arguments));
  EXPECT_OK(ended);
  if (!ended.ok()) return {};
  EXPECT_EQ(ended->exit_code, 0) << ended->err;
  return nlohmann::json::parse(ended->out, nullptr, /*allow_exceptions=*/false);
}

nlohmann::json Day(const System& system) { return Tally(system, {"activity"})["days"][0]; }

TEST(EraseTest, ACustomerIsForgottenAndTheNumbersStay) {
  ASSERT_OK_AND_ASSIGN(const auto system, System::Start());
  const nlohmann::json placed =
      Tally(*system, {"place", "--customer=ada lovelace", "--line=TEA:2:3.50"});
  Tally(*system, {"place", "--customer=bob", "--line=TEA:1:1.00"});
  EXPECT_EVENTUALLY(Day(*system)["ordersCreated"] == "2", absl::Seconds(15));
  const nlohmann::json before = Day(*system);

  ASSERT_OK_AND_ASSIGN(const Ended unasked,
                       RunTally(*system, {"erase", "--customer=ada lovelace"}));
  EXPECT_EQ(unasked.exit_code, 2) << "nobody is there to ask";
  const nlohmann::json erased = Tally(*system, {"erase", "--customer=ada lovelace", "--yes"});
  EXPECT_EQ(erased["orders"], "1");
  EXPECT_EQ(erased["outboxEvents"], "1");
  EXPECT_EQ(Tally(*system, {"get", placed["order"]["orderId"]})["order"]["customer"], "[erased]");
  EXPECT_EQ(Tally(*system, {"list"})["orders"].size(), 2);
  EXPECT_EQ(Day(*system), before);
  const nlohmann::json again = Tally(*system, {"erase", "--customer=ada lovelace", "--yes"});
  EXPECT_EQ(again.value("orders", "0"), "0");
  EXPECT_THAT(system->orders().Log(), HasSubstr("personal data of a customer erased"));
  EXPECT_THAT(system->orders().Log(), Not(HasSubstr("lovelace")));
  EXPECT_THAT(system->activity().Log(), Not(HasSubstr("lovelace")));
}

}  // namespace
}  // namespace tally::e2e
