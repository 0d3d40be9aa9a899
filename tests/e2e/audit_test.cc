// `tally audit` against real processes: what it says when all is well, and that it notices.

#include <gmock/gmock.h>

#include <fstream>
#include <iterator>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "gtest/gtest.h"
#include "tests/e2e/database_query.h"
#include "tests/e2e/tally.h"
#include "tests/testkit/eventually.h"
#include "tests/testkit/status_matchers.h"
#include "tests/testkit/temp_dir.h"

namespace tally::e2e {
namespace {

using testing::HasSubstr;
using testing::Not;
using testkit::IsOkAndHolds;
using testkit::kPatience;
using Json = nlohmann::json;

constexpr int kDiffer = 9;

class AuditTest : public testing::TestWithParam<testkit::DatabaseKind> {
 protected:
  void Start() {
    ASSERT_OK_AND_ASSIGN(
        system, System::Start({.database = GetParam(), .activity_flags = {"--heal_every=1s"}}));
  }

  Ended Audit(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), "audit");
    const absl::StatusOr<Ended> ended = RunTally(*system, std::move(arguments));
    EXPECT_OK(ended);
    return ended.value_or(Ended{});
  }
  void Place(int orders) {
    ASSERT_OK_AND_ASSIGN(const Ended load,
                         RunTally(*system, {"load", absl::StrCat("--count=", orders)}));
    ASSERT_EQ(load.exit_code, 0) << load.err;
  }
  std::string CancelOne() {
    const auto placed =
        RunTally(*system, {"place", "--customer=ada", "--line=TEA:2:3.50", "--json"});
    EXPECT_OK(placed);
    const std::string id = Json::parse(placed->out)["order"]["orderId"];
    EXPECT_OK(RunTally(*system, {"cancel", id}));
    return id;
  }
  static std::string Today() {
    return absl::FormatTime("%Y-%m-%d", absl::Now(), absl::UTCTimeZone());
  }

  const testkit::TempDir dir;
  std::unique_ptr<System> system;
};
INSTANTIATE_ON_EVERY_DATABASE(AuditTest);

TEST_P(AuditTest, NoticesAPennyAndNamesItsDay) {
  Start();
  Place(300);
  CancelOne();
  Ended audit = Audit({"--deep"});
  EXPECT_EQ(audit.exit_code, 0) << audit.out << audit.err;
  EXPECT_THAT(audit.out, HasSubstr("The halves match."));

  EXPECT_OK(QueryNumber(system->activity_database(), "penny_too_much.sql"));
  audit = Audit({"--deep", "--json"});
  EXPECT_EQ(audit.exit_code, kDiffer) << audit.err;
  const Json found = Json::parse(audit.out);
  EXPECT_EQ(found["matches"], false);
  ASSERT_EQ(found["days"]["differences"].size(), 1) << audit.out;
  EXPECT_EQ(found["days"]["differences"][0]["date"], Today());
  EXPECT_EQ(found["days"]["differences"][0]["verdict"], "differs");
  EXPECT_EQ(Audit({}).exit_code, 0) << "the lanes match";
}

TEST_P(AuditTest, IsExactWhileOrdersFlow) {
  Start();
  const std::string earlier =
      absl::FormatTime(absl::RFC3339_sec, absl::Now() - absl::Hours(2), absl::UTCTimeZone());
  ASSERT_OK(RunTally(*system,
                     {"place", "--customer=ada", "--line=TEA:1:1.00", "--place_time=" + earlier}));
  ASSERT_OK_AND_ASSIGN(
      const auto load,
      testkit::Process::Start({.argv = {ProgramPath("tally"), "load", "--duration=60s",
                                        "--rate=200", "--orders=" + system->orders().address()}}));
  for (const std::string depth : {"--nodeep", "--nodeep", "--deep"}) {
    const Ended audit = Audit({depth});
    EXPECT_EQ(audit.exit_code, 0) << audit.out << audit.err;
    EXPECT_THAT(audit.out, Not(HasSubstr("DIFFER")));
  }
  // What is wrong with today is found though today goes on.
  EXPECT_OK(QueryNumber(system->activity_database(), "penny_too_much_at_first.sql"));
  const Ended audit = Audit({"--deep", "--deadline=4s"});
  EXPECT_EQ(audit.exit_code, kDiffer) << audit.out << audit.err;
  EXPECT_THAT(audit.out, HasSubstr("DIFFERS"));
  EXPECT_TRUE(load->Running());
}

TEST_P(AuditTest, ALaneThatLostItsWatermarkIsCountedTwiceAndSeen) {
  Start();
  Place(20);
  ASSERT_EQ(Audit({"--deep"}).exit_code, 0);
  EXPECT_THAT(system->activity().Terminate(kPatience), IsOkAndHolds(0));
  EXPECT_THAT(QueryNumber(system->activity_database(), "forget_watermark.sql"), IsOkAndHolds(19));
  ASSERT_OK(system->activity().Start());
  const Ended audit = Audit({"--deep"});
  EXPECT_EQ(audit.exit_code, kDiffer) << audit.out;
  EXPECT_THAT(audit.out, HasSubstr(Today() + "  DIFFERS  orders 20"));
  EXPECT_THAT(audit.out, HasSubstr("counted orders 21"));
}

class AuditOfLanesTest : public AuditTest {};
INSTANTIATE_TEST_SUITE_P(, AuditOfLanesTest, testing::Values(testkit::SqliteKind()));

TEST_P(AuditOfLanesTest, WaitsForWhatIsOnItsWayAndNamesWhatStays) {
  Start();
  Place(10);
  system->activity().Kill();
  Place(15);
  ASSERT_OK(system->activity().Start());
  const Ended settled = Audit({"--metrics_file=" + dir.File("audit.prom")});
  EXPECT_EQ(settled.exit_code, 0) << settled.out << settled.err;
  EXPECT_THAT(settled.out, HasSubstr("order_service → activity_service"));
  std::ifstream metrics(dir.File("audit.prom"));
  EXPECT_THAT(std::string(std::istreambuf_iterator<char>(metrics), {}),
              HasSubstr("tally_audit_events{what=\"covered\"} 25\n"));

  system->nats().Kill();
  Place(7);
  const Ended waiting = Audit({"--deadline=2s"});
  EXPECT_EQ(waiting.exit_code, kDiffer) << waiting.out << waiting.err;
  EXPECT_THAT(waiting.out, HasSubstr("7 not published yet"));
  ASSERT_OK(system->nats().Restart());
  EXPECT_EQ(Audit({"--deadline=60s"}).exit_code, 0);
}

TEST_P(AuditOfLanesTest, FindsThreeInThousandsOverSeveralPages) {
  Start();
  ASSERT_THAT(QueryNumber(system->orders_database(), "many_lanes_written.sql"), IsOkAndHolds(2499));
  ASSERT_THAT(QueryNumber(system->activity_database(), "many_lanes_covered.sql"),
              IsOkAndHolds(2499));
  const Ended audit = Audit({"--json", "--deadline=1s"});
  EXPECT_EQ(audit.exit_code, kDiffer) << audit.err;
  const Json found = Json::parse(audit.out);
  EXPECT_EQ(found["otherLanes"], 2497);
  EXPECT_EQ(found["total"]["written"], 2499 * 7 + 3);
  std::map<std::string, std::string> verdicts;
  for (const Json& lane : found["lanes"]) {
    if (lane["open"] == false) verdicts[lane["laneId"]] = lane["verdict"];
  }
  EXPECT_THAT(verdicts,
              testing::ElementsAre(
                  testing::Pair(testing::StartsWith("00000258-"), "7 missing"),
                  testing::Pair(testing::StartsWith("000004b0-"), "3 missing"),
                  testing::Pair(testing::StartsWith("00000960-"), "7 lost by the producer")));
}

TEST_P(AuditOfLanesTest, SaysWhatItTakes) {
  Start();
  EXPECT_EQ(Audit({"--from=2010-12-01"}).exit_code, 2);
  EXPECT_EQ(Audit({"--deep", "--from=2010-12-02", "--to=2010-12-01"}).exit_code, 2);
  EXPECT_EQ(Audit({"--metrics_file=/nowhere/audit.prom"}).exit_code, 2);
  system->activity().Kill();
  EXPECT_EQ(Audit({"--deadline=1s"}).exit_code, 3);
}

}  // namespace
}  // namespace tally::e2e
