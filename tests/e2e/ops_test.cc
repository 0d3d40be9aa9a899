// `tally ops` against real processes.

#include <gmock/gmock.h>

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "tests/e2e/tally.h"
#include "tests/testkit/eventually.h"
#include "tests/testkit/status_matchers.h"

namespace tally::e2e {
namespace {

using testing::HasSubstr;
using testing::Not;
using testkit::kPatience;
using Json = nlohmann::json;

constexpr int kAlarm = 8;

struct Shown {
  int exit_code = -1;
  std::string out;
  std::string err;
  Json json() const { return Json::parse(out, nullptr, /*allow_exceptions=*/false); }
};

class OpsTest : public testing::Test {
 protected:
  Shown Ops(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), "ops");
    const absl::StatusOr<Ended> ended = RunTally(*system, std::move(arguments));
    EXPECT_OK(ended);
    return ended.ok() ? Shown{ended->exit_code, ended->out, ended->err} : Shown();
  }
  // Its event has over 100,000 bytes.
  void PlaceALargeOrder() {
    std::vector<std::string> arguments = {"place", "--customer=ada"};
    for (int i = 0; i < 800; ++i) {
      arguments.push_back("--line=TEA:1:1.00:" + std::string(120, 'x'));
    }
    const auto placed = RunTally(*system, std::move(arguments));
    ASSERT_OK(placed);
    ASSERT_EQ(placed->exit_code, 0) << placed->err;
  }
  std::vector<std::string> AlarmsOf(const std::string& side) {
    const Json status = Ops({side, "status", "--json"}).json();
    std::vector<std::string> names;
    for (const Json& alarm : status.value("alarms", Json::array())) {
      names.push_back(alarm["name"]);
    }
    return names;
  }

  std::unique_ptr<System> system;
};

TEST_F(OpsTest, AParkedEventIsSeenPublishedAndCounted) {
  ASSERT_OK_AND_ASSIGN(system, System::Start());
  ASSERT_OK(system->nats().Restart("max_payload: 65536"));
  PlaceALargeOrder();
  ASSERT_EVENTUALLY(Ops({"outbox", "parked", "--json"}).json()["parkedEvents"].size() == 1,
                    kPatience);
  const Json event = Ops({"outbox", "parked", "--json", "--details"}).json()["parkedEvents"][0];
  EXPECT_EQ(Json::parse(std::string(event["payloadJson"]))["order"]["customer"], "ada");
  EXPECT_THAT(AlarmsOf("outbox"), testing::Contains("EVENTS_PARKED"));
  const Shown status = Ops({"outbox", "status"});
  EXPECT_EQ(status.exit_code, kAlarm);
  EXPECT_THAT(status.out, HasSubstr("ALARM EVENTS_PARKED since 2"));

  ASSERT_OK(system->nats().Restart("max_payload: 1048576"));
  const Shown retried = Ops({"outbox", "retry", "--all"});
  EXPECT_EQ(retried.exit_code, 0) << retried.err;
  EXPECT_EQ(retried.out, "1 events will be published again\n");
  ASSERT_EVENTUALLY(Ops({"inbox", "status", "--json"}).json()["coveredEvents"] == "1", kPatience);
  ASSERT_EVENTUALLY(Ops({"outbox", "parked", "--json"}).json()["parkedEvents"].empty(), kPatience);
  EXPECT_THAT(Ops({"outbox", "lanes"}).out, HasSubstr(" open "));
  const Shown watermarks = Ops({"inbox", "watermarks"});
  EXPECT_THAT(watermarks.out, HasSubstr("order_service"));
}

TEST_F(OpsTest, WhatCannotBeUndoneNeedsConsentAndAReason) {
  ASSERT_OK_AND_ASSIGN(system, System::Start());
  ASSERT_OK(system->nats().Restart("max_payload: 65536"));
  PlaceALargeOrder();
  ASSERT_EVENTUALLY(Ops({"outbox", "parked", "--json"}).json()["parkedEvents"].size() == 1,
                    kPatience);
  const std::string id = Ops({"outbox", "parked", "--json"}).json()["parkedEvents"][0]["eventId"];
  Shown discard = Ops({"outbox", "discard", id, "--yes"});
  EXPECT_EQ(discard.exit_code, 2);
  EXPECT_THAT(discard.err, HasSubstr("--reason"));
  discard = Ops({"outbox", "discard", id, "--reason=a test"});
  EXPECT_EQ(discard.exit_code, 2);
  EXPECT_THAT(discard.err, HasSubstr("--yes"));
  discard = Ops({"outbox", "discard", id, "--reason=a test", "--yes"});
  EXPECT_EQ(discard.exit_code, 0) << discard.err;
  EXPECT_EQ(discard.out, "1 events discarded\n");
  EXPECT_THAT(Ops({"outbox", "parked", "--state=void"}).out, HasSubstr("a test"));
  const Shown retried = Ops({"outbox", "retry", id});
  EXPECT_EQ(retried.exit_code, 1);
  EXPECT_THAT(retried.err, HasSubstr("was discarded"));
}

TEST_F(OpsTest, SaysWhatItTakes) {
  ASSERT_OK_AND_ASSIGN(system, System::Start());
  EXPECT_EQ(Ops({}).exit_code, 2);
  EXPECT_EQ(Ops({"outbox", "lane"}).exit_code, 2);
  EXPECT_EQ(Ops({"outbox", "retry"}).exit_code, 2);
  EXPECT_EQ(Ops({"inbox", "redrive"}).exit_code, 2);
  EXPECT_EQ(Ops({"inbox", "redrive", "x", "--all"}).exit_code, 2);
  EXPECT_EQ(Ops({"inbox", "letters", "--state=gone"}).exit_code, 2);
  EXPECT_EQ(Ops({"inbox", "letters", "--seed=1"}).exit_code, 2);
  EXPECT_EQ(Ops({"inbox", "redrive", "x"}).exit_code, 1);
  EXPECT_EQ(Ops({"inbox", "redrive", "--all"}).out, "0 letters will be tried again\n");
  EXPECT_THAT(Ops({"--help"}).out, HasSubstr("ops inbox letters"));
  EXPECT_THAT(Ops({"inbox", "letters", "--help"}).out, HasSubstr("--error"));
  EXPECT_THAT(Ops({"inbox", "letters"}).out, HasSubstr("event"));
}

}  // namespace
}  // namespace tally::e2e
