#include <csignal>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/e2e/tally.h"
#include "tests/testkit/eventually.h"
#include "tests/testkit/status_matchers.h"

namespace tally::e2e {
namespace {

using nlohmann::json;
using testing::HasSubstr;
using testkit::IsOkAndHolds;
using testkit::kPatience;
using testkit::Process;

// `tally watch` under way.
class Watch {
 public:
  Watch(const System& system, std::vector<std::string> arguments, size_t instance = 0) {
    std::vector<std::string> argv = {
        ProgramPath("tally"), "watch",
        absl::StrCat("--activity=", system.activity(instance).address())};
    argv.insert(argv.end(), arguments.begin(), arguments.end());
    process_ = Process::Start({.argv = std::move(argv)}).value();
  }

  Process& process() { return *process_; }

  // With --json: the orders of the last message that brought a day; -1 before the first.
  int64_t Orders() {
    int64_t orders = -1;
    for (const absl::string_view line : absl::StrSplit(process_->Stdout(), '\n')) {
      const json message = json::parse(line.begin(), line.end(), nullptr, false);
      if (!message.is_object() || !message.contains("day")) continue;
      orders = std::stoll(message["day"]["ordersCreated"].get<std::string>());
    }
    return orders;
  }

 private:
  std::unique_ptr<Process> process_;
};

void PlaceOrder(const System& system) {
  ASSERT_OK_AND_ASSIGN(const Ended placed,
                       RunTally(system, {"place", "--customer=ada", "--line=TEA:1:3.50"}));
  ASSERT_EQ(placed.exit_code, 0) << placed.err;
}

TEST(WatchTest, FollowsOrdersAcrossARestartUntilInterrupted) {
  ASSERT_OK_AND_ASSIGN(const auto system, System::Start());
  Watch watch(*system, {"--json"});
  ASSERT_EVENTUALLY(watch.Orders() == 0, kPatience) << watch.process().Describe();
  PlaceOrder(*system);
  ASSERT_EVENTUALLY(watch.Orders() == 1, kPatience) << watch.process().Describe();
  system->activity().Kill();
  ASSERT_OK(system->activity().Restart());
  PlaceOrder(*system);
  ASSERT_EVENTUALLY(watch.Orders() == 2, kPatience) << watch.process().Describe();
  ASSERT_OK(watch.process().Signal(SIGINT));
  EXPECT_THAT(watch.process().Wait(kPatience), IsOkAndHolds(0));
}

TEST(WatchTest, EveryInstanceShowsWhatAnyOfThemCounts) {
  ASSERT_OK_AND_ASSIGN(const auto system, System::Start({.database = testkit::PostgresKind(),
                                                         .activity_services = 2}));
  Watch first(*system, {"--json"}, 0);
  Watch second(*system, {"--json"}, 1);
  ASSERT_EVENTUALLY(first.Orders() == 0 && second.Orders() == 0, kPatience);
  ASSERT_OK_AND_ASSIGN(const Ended load, RunTally(*system, {"load", "--count=300"}));
  ASSERT_EQ(load.exit_code, 0) << load.err;
  EXPECT_EVENTUALLY(first.Orders() == 300 && second.Orders() == 300, kPatience);
}

TEST(WatchTest, EndsByItselfAfterSoManyMessagesOrSoMuchTime) {
  ASSERT_OK_AND_ASSIGN(const auto system, System::Start());
  ASSERT_OK_AND_ASSIGN(const Ended one, RunTally(*system, {"watch", "--count=1"}));
  EXPECT_EQ(one.exit_code, 0) << one.err;
  EXPECT_THAT(one.out, testing::MatchesRegex("snapshot .* orders 0 .*\n"));
  ASSERT_OK_AND_ASSIGN(const Ended short_time, RunTally(*system, {"watch", "--for=2s"}));
  EXPECT_EQ(short_time.exit_code, 0) << short_time.err;
  EXPECT_THAT(short_time.out, HasSubstr("snapshot"));
}

TEST(WatchTest, SaysWhatIsWrong) {
  ASSERT_OK_AND_ASSIGN(const auto system, System::Start());
  ASSERT_OK_AND_ASSIGN(const Ended usage,
                       RunTally(*system, {"watch", "--date=today", "--interval=1ms"}));
  EXPECT_EQ(usage.exit_code, 2);
  EXPECT_THAT(usage.err, testing::AllOf(HasSubstr("--date"), HasSubstr("--interval")));
  ASSERT_OK_AND_ASSIGN(const Ended zone,
                       RunTally(*system, {"watch", "--time_zone=Europe/Atlantis"}));
  EXPECT_EQ(zone.exit_code, 1);
  EXPECT_THAT(zone.err, HasSubstr("time_zone"));
  system->activity().Kill();
  ASSERT_OK_AND_ASSIGN(const Ended away, RunTally(*system, {"watch", "--deadline=1s"}));
  EXPECT_EQ(away.exit_code, 3);
}

class PlaceWaitTest : public testing::Test {
 protected:
  // The services take it from the environment: one failed attempt makes a letter dead.
  PlaceWaitTest() { setenv("TALLY_LETTER_ATTEMPTS", "1", 1); }
  ~PlaceWaitTest() override { unsetenv("TALLY_LETTER_ATTEMPTS"); }

  void SetUp() override { ASSERT_OK_AND_ASSIGN(system_, System::Start()); }

  Ended Place(const std::string& wait, std::vector<std::string> more = {}) {
    more.insert(more.begin(), {"place", "--customer=ada", "--line=TEA:2:3.50", wait});
    absl::StatusOr<Ended> ended = RunTally(*system_, std::move(more));
    EXPECT_OK(ended);
    return ended.ok() ? *ended : Ended{};
  }

  std::unique_ptr<System> system_;
};

TEST_F(PlaceWaitTest, ShowsTheOrderInTheStatisticsOfItsDay) {
  const Ended placed = Place("--wait=30s", {"--place_time=2010-12-01T23:30:00Z"});
  EXPECT_EQ(placed.exit_code, 0) << placed.err;
  EXPECT_THAT(placed.out, HasSubstr("token  "));
  EXPECT_THAT(placed.out, testing::ContainsRegex("2010-12-01 Wed +1 +0 +7.00"));
  const Ended berlin =
      Place("--wait", {"--place_time=2010-12-01T23:30:00Z", "--time_zone=Europe/Berlin"});
  EXPECT_EQ(berlin.exit_code, 0) << berlin.err;
  EXPECT_THAT(berlin.out, testing::ContainsRegex("2010-12-02 Thu +2 +0 +14.00"));
}

TEST_F(PlaceWaitTest, PrintsBothAnswersAsJson) {
  const Ended placed = Place("--wait=30s", {"--json"});
  EXPECT_EQ(placed.exit_code, 0) << placed.err;
  const std::vector<std::string> lines = absl::StrSplit(placed.out, '\n', absl::SkipEmpty());
  ASSERT_EQ(lines.size(), 2u) << placed.out;
  EXPECT_EQ(json::parse(lines[0])["order"]["customer"], "ada");
  EXPECT_EQ(json::parse(lines[1])["day"]["ordersCreated"], "1");
}

TEST_F(PlaceWaitTest, SaysThatItIsNotCountedInTime) {
  system_->nats().Kill();
  const Ended placed = Place("--wait=2s");
  EXPECT_EQ(placed.exit_code, 5) << placed.err;
  EXPECT_THAT(placed.out, HasSubstr("token  "));
  EXPECT_THAT(placed.err, HasSubstr("not counted within 2s"));
}

TEST_F(PlaceWaitTest, SaysThatItIsDead) {
  ASSERT_OK_AND_ASSIGN(const Ended filled,
                       RunToEnd({"sqlite3", "-cmd", ".timeout 5000",
                                 system_->activity_database().substr(sizeof("sqlite:") - 1),
                                 absl::StrCat(".read ", TALLY_E2E_DIR, "/data/full_bucket.sql")}));
  ASSERT_EQ(filled.exit_code, 0) << filled.err;
  const Ended placed = Place("--wait=30s", {"--place_time=2010-12-01T08:00:00Z"});
  EXPECT_EQ(placed.exit_code, 6) << placed.err;
  EXPECT_THAT(placed.err, HasSubstr("EVENT_DEAD"));
}

TEST_F(PlaceWaitTest, SaysThatNobodyCouldBeAsked) {
  system_->activity().Kill();
  const Ended placed = Place("--wait=1s");
  EXPECT_EQ(placed.exit_code, 7) << placed.err;
  EXPECT_THAT(placed.err, HasSubstr("could not be asked"));
}

TEST_F(PlaceWaitTest, PlacesNothingWhenTheWaitIsWrong) {
  const Ended placed = Place("--wait=-1s", {"--time_zone=Europe/Atlantis"});
  EXPECT_EQ(placed.exit_code, 2);
  EXPECT_THAT(placed.err, testing::AllOf(HasSubstr("--wait"), HasSubstr("--time_zone")));
  EXPECT_EQ(placed.out, "");
}

}  // namespace
}  // namespace tally::e2e
