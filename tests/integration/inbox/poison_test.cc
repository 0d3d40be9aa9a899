// Events that end the process of their consumer, or keep it: by real processes, which are started
// again whenever they end, as an operator's platform would.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <map>
#include <memory>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "common/bus/nats_bus.h"
#include "tests/integration/inbox/publish_all.h"
#include "tests/integration/inbox/replica.h"
#include "tests/testkit/database_urls.h"
#include "tests/testkit/deliveries.h"
#include "tests/testkit/eventually.h"
#include "tests/testkit/nats_server.h"
#include "tests/testkit/process.h"
#include "tests/testkit/status_matchers.h"

namespace tally::inbox {
namespace {

using testing::_;
using testing::AllOf;
using testing::Each;
using testing::Ge;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Le;
using testing::Not;
using testing::Pair;
using testing::SizeIs;
using testkit::Lane;
using testkit::MakeEvent;
using testkit::Process;

constexpr absl::Duration kPatience = absl::Seconds(90);
// SIGKILL by its own hand, and the watch's end by force.
constexpr int kKilled = 128 + SIGKILL;
constexpr int kEndedByForce = 3;

class PoisonTest : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_OK_AND_ASSIGN(nats, testkit::NatsServer::Start());
    ASSERT_OK_AND_ASSIGN(url, testkit::PostgresKind().MakeUrl());
    reader = std::make_unique<Replica>(url);
    auto made = bus::NewNatsBus({.urls = {nats->url()}, .name = "tests"}, reader->telemetry);
    ASSERT_OK(made);
    bus = *std::move(made);
    ASSERT_EVENTUALLY(
        bus->Declare({.name = "TESTS", .subjects = {"tests.v1.>"}}, absl::Now() + absl::Seconds(1))
            .ok(),
        kPatience);
  }
  void TearDown() override {
    if (!HasFailure()) return;
    for (const auto& life : lives) std::cout << life->Describe() << "\n";
  }

  void StartService() {
    ASSERT_OK_AND_ASSIGN(
        lives.emplace_back(),
        Process::Start({.argv = {POISON_SERVICE, "--listen=127.0.0.1:0", "--http=127.0.0.1:0",
                                 absl::StrCat("--nats=", nats->url()), "--log_format=text"},
                        .env = {{"TALLY_DATABASE", url}}}));
  }
  // Starts it again if it has ended.
  bool Runs() {
    if (lives.back()->Running()) return true;
    ends.insert(lives.back()->Wait(absl::ZeroDuration()).value_or(-1));
    StartService();
    return false;
  }
  // Sequences first..last of a lane, `odd` ones with a payload of their own.
  void Publish(int lane, int64_t first, int64_t last,
               const std::map<int64_t, std::string>& odd = {}) {
    std::vector<bus::Message> messages;
    for (int64_t sequence = first; sequence <= last; ++sequence) {
      const auto payload = odd.find(sequence);
      messages.push_back(
          bus::ToMessage(MakeEvent(lane, sequence, payload == odd.end() ? "1" : payload->second)));
    }
    ASSERT_TRUE(PublishAll(*bus, messages, kPatience));
  }
  // Kills it each time it has counted some more, or all.
  void CountSomeAndKill(int times, size_t all) {
    for (; times > 0; --times) {
      StartService();
      const size_t before = reader->Counted().size();
      ASSERT_EVENTUALLY(reader->Counted().size() > before || before == all, kPatience);
      lives.back()->Kill();
    }
  }
  bool HasCounted(size_t events) { return Runs() && reader->Counted().size() == events; }
  std::string StateOf(int lane, int64_t sequence) {
    const auto letters = reader->Letters();
    const auto letter = letters.find(absl::StrCat(Lane(lane), "/", sequence));
    return letter == letters.end() ? "" : letter->second.state;
  }
  bool IsDead(int lane, int64_t sequence) { return Runs() && StateOf(lane, sequence) == "dead"; }
  std::string Log() {
    std::string log;
    for (const auto& life : lives) absl::StrAppend(&log, life->Stderr());
    return log;
  }

  std::unique_ptr<testkit::NatsServer> nats;
  std::string url;
  std::unique_ptr<Replica> reader;
  std::unique_ptr<bus::Bus> bus;
  std::vector<std::unique_ptr<Process>> lives;
  std::multiset<int> ends;  // their exit codes
};

TEST_F(PoisonTest, OneThatKillsTheProcessEndsAsADeadLetterAndTheOthersAreCounted) {
  Publish(1, 1, 1000, {{400, "kills"}});
  StartService();
  EXPECT_EVENTUALLY(HasCounted(999), kPatience);
  EXPECT_EVENTUALLY(IsDead(1, 400), kPatience);
  EXPECT_THAT(ends, AllOf(SizeIs(Le(10)), Each(kKilled)));
  EXPECT_THAT(Log(), HasSubstr(absl::StrCat(Lane(1), "/400")));

  ends.clear();
  Publish(1, 1001, 2000);
  EXPECT_EVENTUALLY(HasCounted(1999), kPatience);
  EXPECT_THAT(ends, IsEmpty());
  EXPECT_THAT(reader->Counted(), Each(Pair(_, 1)));
  EXPECT_THAT(reader->Letters(), SizeIs(1));
}

TEST_F(PoisonTest, OneThatBlocksItsHandlerEndsAsADeadLetterAndTheOthersAreCounted) {
  Publish(1, 1, 1000, {{400, "blocks"}});
  StartService();
  EXPECT_EVENTUALLY(HasCounted(999), kPatience);
  EXPECT_EVENTUALLY(IsDead(1, 400), kPatience);
  EXPECT_THAT(ends, AllOf(SizeIs(Le(10)), Each(kEndedByForce)));
  const std::string id = absl::StrCat(Lane(1), "/400");
  EXPECT_THAT(Log(), HasSubstr(absl::StrCat("the event handler does not return: ending the process"
                                            " events=1 first=",
                                            id, " last=", id)));
  EXPECT_THAT(reader->Counted(), Each(Pair(_, 1)));
  EXPECT_THAT(reader->Letters(), SizeIs(1));
}

TEST_F(PoisonTest, EachKindEndsWhereItBelongsAndTheOthersAreCounted) {
  Publish(1, 1, 500, {{100, "throws"}, {200, "fails"}, {300, "kills"}, {400, "blocks"}});
  bus::Message undecodable = bus::ToMessage(MakeEvent(2, 1));
  undecodable.headers.Set("ce-time", "yesterday");
  ASSERT_TRUE(PublishAll(*bus, {undecodable, bus::ToMessage(MakeEvent(2, 2, "1", "unheard-of"))},
                         kPatience));
  Publish(2, 3, 500);
  StartService();
  EXPECT_EVENTUALLY(HasCounted(994), kPatience);
  for (const int64_t sequence : {100, 200, 300, 400}) {
    EXPECT_EVENTUALLY(IsDead(1, sequence), kPatience) << sequence;
  }
  EXPECT_EQ(StateOf(2, 1), "dead");
  EXPECT_EQ(StateOf(2, 2), "retrying");
  EXPECT_THAT(reader->Counted(), Each(Pair(_, 1)));
  EXPECT_THAT(reader->Letters(), SizeIs(6));
}

// What a process had in hand comes again, all of it, and is not to blame.
TEST_F(PoisonTest, AHealthyProcessThatIsKilledTwiceMakesNoLetters) {
  Publish(1, 1, 10'000);
  CountSomeAndKill(2, 10'000);
  StartService();
  EXPECT_EVENTUALLY(HasCounted(10'000), kPatience);
  EXPECT_THAT(reader->Counted(), Each(Pair(_, 1)));
  EXPECT_THAT(Log(), Not(HasSubstr("kept as a letter")));
}

// So often that some events may have been tried alone: they may become letters, never dead ones.
TEST_F(PoisonTest, AHealthyProcessThatIsKilledAgainAndAgainCountsEverythingOnce) {
  Publish(1, 1, 10'000);
  CountSomeAndKill(5, 10'000);
  StartService();
  EXPECT_EVENTUALLY(HasCounted(10'000), kPatience);
  EXPECT_THAT(reader->Counted(), Each(Pair(_, 1)));
}

}  // namespace
}  // namespace tally::inbox
