// Databases that go back in time, by real processes: what was forgotten is had again, or named.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "tests/e2e/database_copy.h"
#include "tests/e2e/database_query.h"
#include "tests/e2e/tally.h"
#include "tests/testkit/eventually.h"
#include "tests/testkit/postgres_server.h"
#include "tests/testkit/status_matchers.h"
#include "tests/testkit/temp_dir.h"

namespace tally::e2e {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using Json = nlohmann::json;

constexpr absl::Duration kPatience = absl::Seconds(90);
constexpr int kAlarm = 8;

class HistoryTestCase {
 protected:
  void StartSystem(System::Options options) {
    options.activity_flags = {"--heal_every=1s"};
    ASSERT_OK_AND_ASSIGN(system, System::Start(std::move(options)));
  }

  Json Tally(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), ProgramPath("tally"));
    const ServiceProcess& activity = consumer != nullptr ? *consumer : system->activity();
    const ServiceProcess& orders = producer != nullptr ? *producer : system->orders();
    for (const std::string& flag : {std::string("--json"), "--orders=" + orders.address(),
                                    "--activity=" + activity.address()}) {
      arguments.push_back(flag);
    }
    const absl::StatusOr<Ended> ended = RunToEnd(std::move(arguments));
    if (!ended.ok() || (ended->exit_code != 0 && ended->exit_code != kAlarm)) return {};
    return Json::parse(ended->out, nullptr, /*allow_exceptions=*/false);
  }
  // Orders of one pound each. The last one's id.
  std::string Place(int orders) {
    std::string order_id;
    for (int i = 0; i < orders; ++i) {
      Json placed;
      EXPECT_EVENTUALLY(
          (placed = Tally({"place", "--customer=ada", "--line=TEA:1:1.00"})).contains("order"),
          kPatience);
      order_id = placed["order"].value("orderId", "");
    }
    return order_id;
  }
  void Cancel(const std::string& order_id) {
    EXPECT_TRUE(Tally({"cancel", order_id}).contains("order"));
  }

  // "7 created for 7, 2 cancelled for 2", of today.
  std::string Day() {
    const Json activity = Tally({"activity"});
    if (!activity.contains("days")) return "no answer";
    const Json day = activity["days"][0];
    const Json revenue = day.value("revenue", Json::array());
    const auto units = [&](const char* side) -> std::string {
      if (revenue.empty()) return "0";
      return revenue[0].value(side, Json::object()).value("units", "0");
    };
    return absl::StrCat(day.value("ordersCreated", "0"), " created for ", units("created"), ", ",
                        day.value("ordersCancelled", "0"), " cancelled for ", units("cancelled"));
  }
  static std::string Says(int created, int cancelled = 0) {
    return absl::StrCat(created, " created for ", created, ", ", cancelled, " cancelled for ",
                        cancelled);
  }

  // "LANE/4-7 UNKNOWN" for each range in which the two do not agree.
  std::vector<std::string> Missing() {
    std::vector<std::string> ranges;
    const Json missing = Tally({"ops", "inbox", "missing"});
    for (const Json& range : missing.value("missingRanges", Json::array())) {
      ranges.push_back(
          absl::StrCat(range.value("laneId", ""), "/", range.value("firstSequence", ""), "-",
                       range.value("lastSequence", ""), " ", range.value("verdict", "").substr(8)));
    }
    return ranges;
  }
  // The producer's lanes by name, those opened last first.
  std::vector<std::string> Lanes() {
    std::vector<std::string> lanes;
    const Json listed = Tally({"ops", "outbox", "lanes"});
    for (const Json& lane : listed.value("lanes", Json::array())) {
      lanes.push_back(lane.value("laneId", ""));
    }
    return lanes;
  }
  bool NoAlarm() {
    const Json status = Tally({"ops", "inbox", "status"});
    const Json alarms = status.value("alarms", Json::array());
    return status.contains("consumer") &&
           std::all_of(alarms.begin(), alarms.end(), [](const Json& alarm) {
             return alarm["name"] == "DATABASE_NOT_DURABLE";  // PostgreSQL of the tests.
           });
  }
  void ExpectLost(const std::string& range, int events) {
    EXPECT_EVENTUALLY(Missing() == std::vector<std::string>{range + " UNKNOWN"}, kPatience);
    const auto status = RunTally(*system, {"ops", "inbox", "status"});
    ASSERT_OK(status);
    EXPECT_EQ(status->exit_code, kAlarm);
    EXPECT_THAT(status->out, HasSubstr("RANGE_UNKNOWN"));
    EXPECT_THAT(status->out, HasSubstr(range));
    EXPECT_EVENTUALLY(system->activity().Metric("tally_healing_findings").value_or(-1) == events,
                      kPatience);
  }
  void Accept(const std::string& range) {
    ASSERT_OK_AND_ASSIGN(const Ended accepted, RunTally(*system, {"ops", "inbox", "accept", range,
                                                                  "--reason=restored", "--yes"}));
    EXPECT_EQ(accepted.exit_code, 0) << accepted.err;
    EXPECT_EVENTUALLY(NoAlarm(), kPatience);
    EXPECT_THAT(Missing(), IsEmpty());
    const auto audit = RunTally(*system, {"audit"});
    ASSERT_OK(audit);
    EXPECT_EQ(audit->exit_code, 0) << audit->out;
  }

  std::unique_ptr<System> system;
  // Asked instead of the system's own.
  ServiceProcess* producer = nullptr;
  ServiceProcess* consumer = nullptr;
  testkit::TempDir dir;
};

class HistoryTest : public testing::TestWithParam<testkit::DatabaseKind>,
                    protected HistoryTestCase {
 protected:
  void SetUp() override { StartSystem({.database = GetParam()}); }
};
INSTANTIATE_ON_EVERY_DATABASE(HistoryTest);

TEST_P(HistoryTest, AConsumerRestoredToAnEarlierCopyHealsItself) {
  const std::string early = Place(3);
  EXPECT_EVENTUALLY(Day() == Says(3), kPatience);
  ASSERT_OK_AND_ASSIGN(const DatabaseCopy copy,
                       DatabaseCopy::Take(system->activity_database(), dir.File("copy")));
  Cancel(early);
  Cancel(Place(4));
  EXPECT_EVENTUALLY(Day() == Says(7, 2), kPatience);

  system->activity().Kill();
  ASSERT_OK(copy.Restore());
  ASSERT_OK(system->activity().Start());
  EXPECT_EVENTUALLY(Day() == Says(7, 2), kPatience);
  EXPECT_EVENTUALLY(NoAlarm(), kPatience);
}

TEST_P(HistoryTest, AConsumerThatForgotAllGetsItFromTheOrders) {
  ASSERT_OK_AND_ASSIGN(const DatabaseCopy empty,
                       DatabaseCopy::Take(system->activity_database(), dir.File("empty")));
  Cancel(Place(3));
  ASSERT_OK(system->orders().Restart());  // Another lane.
  Cancel(Place(2));
  EXPECT_EVENTUALLY(Day() == Says(5, 2), kPatience);

  system->activity().Kill();
  ASSERT_OK(empty.Restore());
  EXPECT_EVENTUALLY(QueryNumber(system->orders_database(), "trim_outbox.sql").value_or(-1) == 0,
                    kPatience);
  ASSERT_OK(system->nats().Administer("STREAM.PURGE.ORDERS"));
  ASSERT_OK(system->activity().Start());
  EXPECT_EVENTUALLY(Day() == Says(5, 2), kPatience);
  EXPECT_EVENTUALLY(NoAlarm(), kPatience);
}

TEST_P(HistoryTest, ANewConsumerGetsWhatIsOlderThanAnyRetention) {
  Cancel(Place(3));
  EXPECT_EVENTUALLY(Day() == Says(3, 1), kPatience);
  system->activity().Kill();
  EXPECT_EVENTUALLY(QueryNumber(system->orders_database(), "trim_outbox.sql").value_or(-1) == 0,
                    kPatience);
  ASSERT_OK(system->nats().Administer("STREAM.PURGE.ORDERS"));
  ASSERT_OK(system->nats().Administer("CONSUMER.DELETE.ORDERS.activity_service"));

  ASSERT_OK_AND_ASSIGN(const std::string database, GetParam().MakeUrl());
  ServiceProcess fresh({.program = "activity_service",
                        .flags = {absl::StrCat("--database=", database), "--heal_every=1s",
                                  absl::StrCat("--nats=", system->nats().url())}});
  ASSERT_OK(fresh.Start());
  consumer = &fresh;
  EXPECT_EVENTUALLY(Day() == Says(3, 1), kPatience);
  EXPECT_EVENTUALLY(NoAlarm(), kPatience);
}

TEST_P(HistoryTest, AProducerRestoredToAnEarlierCopyCountsWhatIsNewAndNamesWhatWasLost) {
  Place(3);
  EXPECT_EVENTUALLY(Day() == Says(3), kPatience);
  const std::string lane = Lanes().at(0);
  ASSERT_OK_AND_ASSIGN(const DatabaseCopy copy,
                       DatabaseCopy::Take(system->orders_database(), dir.File("copy")));
  Place(4);
  EXPECT_EVENTUALLY(Day() == Says(7), kPatience);

  system->orders().Kill();
  ASSERT_OK(copy.Restore());
  ASSERT_OK(system->orders().Start());
  Place(2);
  EXPECT_EVENTUALLY(Day() == Says(9), kPatience);
  EXPECT_NE(Lanes().at(0), lane);
  ExpectLost(lane + "/4-7", 4);
  Accept(lane + "/4-7");
  ASSERT_OK(system->activity().Restart());
  Place(1);
  EXPECT_EVENTUALLY(Day() == Says(10), kPatience);
  EXPECT_EVENTUALLY(NoAlarm(), kPatience);
}

TEST_P(HistoryTest, ALaneThatTheCopyNeverHadIsNamedToo) {
  ASSERT_OK_AND_ASSIGN(const DatabaseCopy copy,
                       DatabaseCopy::Take(system->orders_database(), dir.File("copy")));
  ASSERT_OK(system->orders().Restart());
  Place(4);
  EXPECT_EVENTUALLY(Day() == Says(4), kPatience);
  const std::string lane = Lanes().at(0);

  system->orders().Kill();
  ASSERT_OK(copy.Restore());
  ASSERT_OK(system->orders().Start());
  Place(2);
  EXPECT_EVENTUALLY(Day() == Says(6), kPatience);
  ExpectLost(lane + "/1-4", 4);
  Accept(lane + "/1-4");
}

class FailOverTest : public testing::Test, protected HistoryTestCase {};

TEST_F(FailOverTest, AReplicaThatMissedTheLastCommitsCountsWhatIsNewAndNamesWhatWasLost) {
  ASSERT_OK_AND_ASSIGN(const auto primary, testkit::PostgresServer::Start());
  ASSERT_OK_AND_ASSIGN(const std::string url, primary->CreateDatabase());
  ASSERT_OK_AND_ASSIGN(const auto replica, primary->StartStandby());
  const std::string name = url.substr(url.rfind('/') + 1);
  StartSystem({.orders_database = absl::StrCat("postgresql://tally@127.0.0.1:", primary->port(),
                                               ",127.0.0.1:", replica->port(), "/", name)});
  Place(3);
  EXPECT_EVENTUALLY(Day() == Says(3), kPatience);
  const std::string lane = Lanes().at(0);
  EXPECT_EVENTUALLY(QueryNumber(replica->url(name), "placed_orders.sql").value_or(-1) == 3,
                    kPatience);
  ASSERT_OK(replica->StopFollowing());
  Place(4);
  EXPECT_EVENTUALLY(Day() == Says(7), kPatience);

  ASSERT_OK(primary->Stop());
  ASSERT_OK(replica->Promote());
  Place(2);
  EXPECT_EVENTUALLY(Day() == Says(9), kPatience);
  ExpectLost(lane + "/4-7", 4);
  Accept(lane + "/4-7");
}

// A file that was copied for a second environment, on the bus of the first.
class CopyTest : public testing::Test, protected HistoryTestCase {
 protected:
  void SetUp() override { StartSystem({}); }

  // A service on a copy of a database of the system.
  std::unique_ptr<ServiceProcess> StartCopy(const std::string& program,
                                            const std::string& database_url) {
    const std::string file = dir.File(program + ".db");
    EXPECT_OK(DatabaseCopy::Take(database_url, file));
    ServiceProcess::Spec spec = {.program = program,
                                 .flags = {"--database=sqlite:" + file,
                                           "--nats=" + system->nats().url(), "--instance=copy"}};
    if (program == "activity_service") spec.flags.push_back("--heal_every=1s");
    auto copy = std::make_unique<ServiceProcess>(std::move(spec));
    EXPECT_OK(copy->Start());
    return copy;
  }
  static bool Alarmed(const ServiceProcess& service) {
    return service.Metric("tally_database_copied").value_or(-1) == 1;
  }
};

TEST_F(CopyTest, ACopiedProducerIsAnAlarmAndItsOrdersAreNamed) {
  Place(3);
  EXPECT_EVENTUALLY(Day() == Says(3), kPatience);
  const auto copy = StartCopy("order_service", system->orders_database());
  EXPECT_EVENTUALLY(Alarmed(*copy) && Alarmed(system->orders()), kPatience);
  const auto status = RunTally(*system, {"ops", "outbox", "status"});
  ASSERT_OK(status);
  EXPECT_EQ(status->exit_code, kAlarm);
  EXPECT_THAT(status->out, HasSubstr("DATABASE_COPIED"));
  EXPECT_THAT(status->out, HasSubstr("instance copy"));

  producer = copy.get();
  Place(2);
  const std::string its_lane = Lanes().at(0);
  producer = nullptr;
  Place(1);
  EXPECT_EVENTUALLY(Day() == Says(6), kPatience);
  ASSERT_OK(copy->Terminate(kPatience));
  EXPECT_EVENTUALLY(!Alarmed(system->orders()), kPatience);
  ExpectLost(its_lane + "/1-2", 2);
  Accept(its_lane + "/1-2");
  Place(1);
  EXPECT_EVENTUALLY(Day() == Says(7), kPatience);
}

TEST_F(CopyTest, ACopiedConsumerIsAnAlarmAndBothCountRight) {
  Place(3);
  EXPECT_EVENTUALLY(Day() == Says(3), kPatience);
  const auto copy = StartCopy("activity_service", system->activity_database());
  EXPECT_EVENTUALLY(Alarmed(*copy) && Alarmed(system->activity()), kPatience);
  const auto status = RunTally(*system, {"ops", "inbox", "status"});
  ASSERT_OK(status);
  EXPECT_EQ(status->exit_code, kAlarm);
  EXPECT_THAT(status->out, HasSubstr("DATABASE_COPIED"));
  Place(8);
  EXPECT_EVENTUALLY(Day() == Says(11), kPatience);
  consumer = copy.get();
  EXPECT_EVENTUALLY(Day() == Says(11), kPatience);
  consumer = nullptr;
  ASSERT_OK(copy->Terminate(kPatience));
  EXPECT_EVENTUALLY(NoAlarm(), kPatience);
}

}  // namespace
}  // namespace tally::e2e
