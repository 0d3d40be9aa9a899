// What the bus lost comes back from the producer's database, and nothing that it still has is asked
// for.

#include <grpcpp/grpcpp.h>

#include <atomic>
#include <filesystem>
#include <string>
#include <vector>

#include "absl/synchronization/notification.h"
#include "common/ops/inbox_service.h"
#include "common/rpc/executor.h"
#include "common/rpc/server.h"
#include "tally/ops/v1/inbox_service.grpc.pb.h"
#include "tests/integration/inbox/healing_test_case.h"
#include "tests/testkit/deliveries.h"
#include "tests/testkit/tcp_gate.h"
#include "tests/testkit/temp_dir.h"

namespace tally::inbox {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::Not;
using testing::Pair;

// As tally.ops.v1 tells them.
std::vector<std::string> AlarmsOf(HealingInstance& instance) {
  telemetry::Telemetry& telemetry = instance.replica.telemetry;
  rpc::Executor reads({}, telemetry);
  ops::InboxService service(ops::PayloadDecoder({}), instance.subscription, *instance.bus, reads,
                            instance.replica.system_clock, telemetry);
  const auto server = rpc::Server::Start({.listen = {"127.0.0.1", 0}}, {service}, telemetry);
  if (!server.ok()) return {server.status().ToString()};
  grpc::ClientContext context;
  context.set_deadline(absl::ToChronoTime(absl::Now() + kPatience));
  ops::v1::GetInboxStatusResponse response;
  const grpc::Status called =
      ops::v1::InboxService::NewStub(
          grpc::CreateChannel((*server)->address().ToString(), grpc::InsecureChannelCredentials()))
          ->GetInboxStatus(&context, {}, &response);
  if (!called.ok()) return {called.error_message()};
  std::vector<std::string> names;
  for (const ops::v1::Alarm& alarm : response.alarms()) names.push_back(alarm.name());
  return names;
}

class HealingTest : public HealingTestCase {};
INSTANTIATE_ON_EVERY_DATABASE(HealingTest);

TEST_P(HealingTest, FetchesWhatTheBusLost) {
  const std::string holes = producer->NewLane(3000);
  producer->Publish(holes, 1, 1000);
  producer->Publish(holes, 2001, 2500);
  producer->SayPublished(holes, 3000);
  const std::string never_heard_of = producer->NewLane(500);
  producer->Close(never_heard_of);
  producer->SayPublished(never_heard_of, 500);
  const auto instance = NewInstance();
  ExpectComplete(*instance, 3500);
  EXPECT_GE(producer->events_given(), 2000);  // more where an answer came too late
  EXPECT_EQ(instance->Metric("tally_healing_source_silent", {{"source", "tests"}}), 0);
}

TEST_P(HealingTest, AsksForNothingThatTheStreamStillDelivers) {
  absl::Notification go_on;
  auto instance = std::make_unique<HealingInstance>(server->url(), database_url);
  // Ten seconds for all; between its batches others may write, too (SQLite has one writer).
  instance->replica.handler.verdict = [&](db::Transaction&, const bus::Event&) {
    go_on.WaitForNotificationWithTimeout(absl::Milliseconds(2));
    return absl::OkStatus();
  };
  producer->PublishedLane(5000);
  ASSERT_OK(instance->subscription.Start());
  // It asks ten times a second meanwhile, and sees that it is behind.
  const auto answered = [&] { return instance->subscription.GetProgress().producers_answered; };
  EXPECT_EVENTUALLY(instance->replica.handler.calls > 0 && answered() > absl::InfinitePast(),
                    kPatience);
  const absl::Time later = answered() + absl::Seconds(3);
  EXPECT_EVENTUALLY(answered() > later, kPatience);
  EXPECT_TRUE(instance->subscription.GetProgress().behind_producers);
  EXPECT_EQ(producer->events_given(), 0);
  go_on.Notify();
  ExpectComplete(*instance, 5000);
  EXPECT_EQ(producer->events_given(), 0);
}

TEST_P(HealingTest, AsksForNothingWhileALongBacklogIsWorkedOffAndOrdersFlow) {
  SubscriptionOptions options = HealingOptions();
  options.delivery.batch_max = 50;  // so that the durable's floor moves slowly
  const std::string backlog = producer->PublishedLane(20'000);
  const auto instance = NewInstance(options);
  const std::string flowing = producer->NewLane(0);
  int64_t written = 0;
  const auto worked_off = [&] {
    producer->Write(flowing, 20);
    producer->Publish(flowing, written + 1, written + 20);
    producer->SayPublished(flowing, written += 20);
    return instance->replica.Counted().size() >= 20'000;
  };
  EXPECT_EVENTUALLY(worked_off(), kPatience);
  ExpectComplete(*instance, static_cast<size_t>(20'000 + written));
  EXPECT_EQ(producer->events_given(), 0);
}

TEST_P(HealingTest, APurgedStreamIsHealed) {
  producer->PublishedLane(2000);
  Administer("STREAM.PURGE.TESTS");
  const auto instance = NewInstance();
  ExpectComplete(*instance, 2000);
  EXPECT_GE(producer->events_given(), 2000);  // more where an answer came too late
}

TEST_P(HealingTest, MessagesThatWereDeletedOneByOneAreHealed) {
  const std::string lane_id = producer->NewLane(30);
  for (int64_t sequence = 1; sequence <= 30; ++sequence) {
    if (sequence % 3 != 0) producer->Publish(lane_id, sequence, sequence);
  }
  producer->SayPublished(lane_id, 30);
  const auto instance = NewInstance();
  ExpectComplete(*instance, 30);
  EXPECT_GE(producer->events_given(), 10);
}

// Nobody counts how often it comes, should it end the process.
TEST_P(HealingTest, WhatIsFetchedIsAnnouncedBeforeItIsApplied) {
  const std::string lane_id = producer->NewLane(30);
  producer->SayPublished(lane_id, 30);
  auto instance = std::make_unique<HealingInstance>(server->url(), database_url);
  std::atomic<int64_t> begun = 0;
  instance->replica.handler.verdict = [&](db::Transaction&, const bus::Event&) {
    instance->replica.Read([&](db::Transaction& transaction) -> absl::Status {
      ASSIGN_OR_RETURN(const LaneMarks marks,
                       instance->replica.store.ReadMarks(transaction, {lane_id}));
      begun = marks.at(lane_id).begun.any.through();
      return absl::OkStatus();
    });
    return absl::OkStatus();
  };
  ASSERT_OK(instance->subscription.Start());
  ExpectComplete(*instance, 30);
  EXPECT_EQ(begun, 30);
}

TEST_P(HealingTest, ManyParkedEventsDoNotHideTheAlarmOfTrimmedOnes) {
  SubscriptionOptions options = HealingOptions();
  options.heal_every = absl::Hours(1);
  const auto instance = NewInstance(options);
  ASSERT_EVENTUALLY(instance->Summary().compared > absl::InfinitePast(), kPatience);
  for (int lane = 1; lane <= 30; ++lane) {
    ASSERT_OK(instance->subscription.healing().AddFinding(
        {.lane_id = testkit::Lane(lane),
         .range = {1, 1},
         .source = "tests",
         .verdict = lane < 30 ? Finding::Verdict::kParked : Finding::Verdict::kTrimmed},
        instance->replica.Deadline()));
  }
  EXPECT_THAT(AlarmsOf(*instance), Contains("RANGE_TRIMMED"));
}

TEST_P(HealingTest, AHealerThatHangsIsSeen) {
  SubscriptionOptions options = HealingOptions();
  options.answer_timeout = absl::Minutes(1);
  options.step_time_max = absl::Seconds(3);
  const auto instance = NewInstance(options);
  ASSERT_EVENTUALLY(instance->subscription.GetProgress().connected, kPatience);
  ASSERT_OK(server->Freeze());
  const auto live = [&] { return instance->replica.telemetry.health.Live(); };
  EXPECT_EVENTUALLY(live().message().substr(0, 6) == "healer", kPatience);
  ASSERT_OK(server->Thaw());
  EXPECT_EVENTUALLY(live().ok(), kPatience);
}

TEST_P(HealingTest, AWipedBrokerIsHealedWithinThirtySeconds) {
  SubscriptionOptions options = HealingOptions();
  options.heal_every = absl::Seconds(10);  // as in production
  options.ask_every = absl::Seconds(1);
  const auto instance = NewInstance(options);
  const std::string lane_id = producer->PublishedLane(1000);
  ExpectComplete(*instance, 1000);
  producer->Write(lane_id, 10'000);
  ASSERT_OK(server->Stop());
  ASSERT_OK(server->WipeStore());
  producer->SayPublished(lane_id, 11'000);
  ASSERT_OK(server->Restart());
  const absl::Time back = absl::Now();
  EXPECT_EVENTUALLY(instance->replica.Counted().size() == 11'000, kPatience);
  EXPECT_LT(absl::Now() - back, absl::Seconds(30));
  DeclareStream();
  producer->Write(lane_id, 100);
  producer->Publish(lane_id, 11'001, 11'100);
  producer->SayPublished(lane_id, 11'100);
  ExpectComplete(*instance, 11'100);
}

TEST_P(HealingTest, ABrokerRolledBackToAnOlderCopyIsHealed) {
  const auto instance = NewInstance();
  const std::string lane_id = producer->PublishedLane(1000);
  ExpectComplete(*instance, 1000);
  ASSERT_OK(server->Stop());
  ASSERT_OK(server->CopyStore());
  ASSERT_OK(server->Restart());
  producer->Write(lane_id, 500);
  producer->Publish(lane_id, 1001, 1500);
  ExpectComplete(*instance, 1500);
  ASSERT_OK(server->Stop());
  ASSERT_OK(server->RollBackStore());
  producer->Write(lane_id, 500);
  producer->SayPublished(lane_id, 1700);
  ASSERT_OK(server->Restart());
  producer->Publish(lane_id, 1701, 2000);
  producer->SayPublished(lane_id, 2000);
  ExpectComplete(*instance, 2000);
}

// The durable has acknowledged more than the stream has by now: what is new gets numbers that it
// takes for old.
TEST_P(HealingTest, AStreamThatWentBackBehindItsDurableIsHealed) {
  const auto instance = NewInstance();
  const std::string lane_id = producer->PublishedLane(1000);
  ExpectComplete(*instance, 1000);
  const testkit::TempDir dir;
  ASSERT_OK(server->Stop());
  const std::filesystem::path messages = server->MessagesOf("TESTS");
  std::filesystem::copy(messages, dir.File("copy"));
  ASSERT_OK(server->Restart());
  producer->Write(lane_id, 500);
  producer->Publish(lane_id, 1001, 1500);
  producer->SayPublished(lane_id, 1500);
  ExpectComplete(*instance, 1500);
  ASSERT_OK(server->Stop());
  std::filesystem::remove_all(messages);
  std::filesystem::copy(dir.File("copy"), messages);
  ASSERT_OK(server->Restart());
  producer->Write(lane_id, 200);
  producer->Publish(lane_id, 1501, 1700);
  producer->SayPublished(lane_id, 1700);
  ExpectComplete(*instance, 1700);
}

// Such a durable awaits for ever what the stream cannot deliver again, and delivers nothing else.
TEST_P(HealingTest, WhatADamagedStreamCannotDeliverAgainIsHealed) {
  SubscriptionOptions options = HealingOptions();
  options.delivery.batch_max = 50;
  options.delivery.stream.max_bytes = 120'000;  // The server makes the smallest blocks then.
  Administer("STREAM.DELETE.TESTS");
  ASSERT_OK(setup_bus->Declare(options.delivery.stream, absl::Now() + absl::Seconds(10)));
  const std::string lane_id = producer->PublishedLane(250);
  auto instance = std::make_unique<HealingInstance>(server->url(), database_url, options);
  absl::Notification go_on;
  instance->replica.handler.verdict = [&](db::Transaction&, const bus::Event&) {
    go_on.WaitForNotification();
    return absl::OkStatus();
  };
  ASSERT_OK(instance->subscription.Start());
  const std::filesystem::path messages = server->MessagesOf("TESTS");
  const auto awaits_all = [&] {  // also on disk, in a byte or more for each
    const auto durable =
        setup_bus->GetDurableState("TESTS", "tests", absl::Now() + absl::Seconds(1));
    std::error_code none;
    const auto bytes = file_size(messages.parent_path() / "obs" / "tests" / "o.dat", none);
    return durable.ok() && durable->ack_pending == 250 && !none && bytes > 250;
  };
  EXPECT_EVENTUALLY(awaits_all(), kPatience);
  EXPECT_OK(server->Stop());
  EXPECT_TRUE(std::filesystem::remove(messages / "2.blk"));
  std::filesystem::remove(messages / "2.idx");
  EXPECT_OK(server->Restart());
  go_on.Notify();
  ExpectComplete(*instance, 250);
  producer->Write(lane_id, 10);
  producer->Publish(lane_id, 251, 260);
  producer->SayPublished(lane_id, 260);
  ExpectComplete(*instance, 260);
  EXPECT_EQ(instance->Metric("tally_healing_durable_stuck"), 1);
  EXPECT_THAT(AlarmsOf(*instance), Contains("DURABLE_STUCK"));

  Administer("CONSUMER.DELETE.TESTS.tests");
  EXPECT_EVENTUALLY(instance->Metric("tally_healing_durable_stuck") == 0, kPatience);
  EXPECT_THAT(AlarmsOf(*instance), Not(Contains("DURABLE_STUCK")));
  ExpectComplete(*instance, 260);
}

TEST_P(HealingTest, ADeletedDurableCostsNothing) {
  const auto instance = NewInstance();
  const std::string lane_id = producer->PublishedLane(1000);
  ExpectComplete(*instance, 1000);
  Administer("CONSUMER.DELETE.TESTS.tests");
  producer->Write(lane_id, 1000);
  producer->Publish(lane_id, 1001, 2000);
  producer->SayPublished(lane_id, 2000);
  ExpectComplete(*instance, 2000);
}

TEST_P(HealingTest, AnEnvironmentWhoseDurableFeedsAnotherDatabaseHealsNothing) {
  const auto right = NewInstance();
  producer->PublishedLane(100);
  ExpectComplete(*right, 100);
  ASSERT_OK_AND_ASSIGN(database_url, GetParam().MakeUrl());
  const auto wrong = NewInstance();
  const auto answered = [&] { return wrong->subscription.GetProgress().producers_answered; };
  ASSERT_EVENTUALLY(answered() > absl::InfinitePast(), kPatience);
  const absl::Time later = absl::Now() + absl::Seconds(2);
  ASSERT_EVENTUALLY(answered() > later, kPatience);
  EXPECT_EQ(producer->events_given(), 0);
  EXPECT_THAT(wrong->replica.Counted(), IsEmpty());
}

// Each alone is told from a failure of everything; together they are not. Another replica could not
// apply them either.
TEST_P(HealingTest, EventsThatAllFailHoldNoHealingUp) {
  SubscriptionOptions options = HealingOptions();
  options.heal_yield_for = absl::Seconds(20);
  options.answer_timeout = options.delivery.bus_timeout = absl::Minutes(1);  // however slow
  auto instance = std::make_unique<HealingInstance>(server->url(), database_url, options);
  instance->replica.handler.verdict = [](db::Transaction&, const bus::Event& event) {
    return event.sequence <= 3 ? absl::InternalError("poison") : absl::OkStatus();
  };
  ASSERT_OK(instance->subscription.Start());
  EXPECT_EVENTUALLY(instance->Summary().compared > absl::InfinitePast(), kPatience);
  const absl::Time published = absl::Now();
  const std::string poison = producer->NewLane(3);
  producer->SayPublished(poison, 3);
  EXPECT_EVENTUALLY(instance->replica.Letters().size() == 3, kPatience);
  const std::string mixed = producer->NewLane(10);
  producer->SayPublished(mixed, 10);
  EXPECT_EVENTUALLY(instance->replica.Counted().size() == 7, kPatience);
  EXPECT_EVENTUALLY(instance->Findings().empty(), kPatience);
  EXPECT_EQ(instance->replica.Letters().size(), 6);
  EXPECT_LT(absl::Now() - published, options.heal_yield_for);
}

TEST_P(HealingTest, AProducerThatHangsHoldsUpNoOther) {
  const auto mute = setup_bus->NewResponder({.subject = "healing.v1.mute.lanes", .group = "mute"});
  SubscriptionOptions options = HealingOptions();
  options.sources = {"mute", "tests"};
  const auto instance = NewInstance(options);
  const std::string lane_id = producer->NewLane(10);
  producer->SayPublished(lane_id, 10);
  EXPECT_EVENTUALLY(instance->replica.Counted().size() == 10, kPatience);
  EXPECT_EQ(instance->Metric("tally_healing_source_silent", {{"source", "mute"}}), 1);
}

TEST(HealingReplicasTest, OneOfTwoHealsAndTheOtherTakesOver) {
  ASSERT_OK_AND_ASSIGN(const auto server, testkit::NatsServer::Start());
  ASSERT_OK_AND_ASSIGN(const std::string url, testkit::PostgresKind().MakeUrl());
  ProducerUnderTest producer(server->url());
  HealingInstance one(server->url(), url, HealingOptions(), "one");
  HealingInstance two(server->url(), url, HealingOptions(), "two");
  ASSERT_OK(one.subscription.Start());
  ASSERT_EVENTUALLY(one.Summary().compared > absl::InfinitePast(), kPatience);
  ASSERT_OK(two.subscription.Start());
  const auto heal = [&](int64_t events) {
    const std::string lane_id = producer.NewLane(events);
    producer.SayPublished(lane_id, events);
  };
  heal(100);
  EXPECT_EVENTUALLY(one.replica.Counted().size() == 100, kPatience);
  EXPECT_THAT(one.replica.CountedBy(), ElementsAre(Pair("one", 100)));
  one.subscription.Stop();
  heal(50);
  EXPECT_EVENTUALLY(two.replica.Counted().size() == 150, kPatience);
}

TEST(HealingReplicasTest, OneThatIsCutOffFromTheBusLeavesItToTheOther) {
  ASSERT_OK_AND_ASSIGN(const auto server, testkit::NatsServer::Start());
  ASSERT_OK_AND_ASSIGN(const std::string url, testkit::PostgresKind().MakeUrl());
  ProducerUnderTest producer(server->url());
  const std::string lane_id = producer.NewLane(3);
  producer.Park(lane_id, 2);
  producer.SayPublished(lane_id, 3);
  testkit::TcpGate gate(server->port());
  SubscriptionOptions options = HealingOptions();
  options.heal_yield_for = SubscriptionOptions().heal_yield_for;
  HealingInstance one(gate.Through(server->url()), url, options, "one");
  HealingInstance two(server->url(), url, HealingOptions(), "two");
  const auto parked = [](HealingInstance& instance) {
    return instance.Metric("tally_healing_findings", {{"verdict", "parked"}});
  };
  ASSERT_OK(one.subscription.Start());
  ASSERT_EVENTUALLY(parked(one) == 1, kPatience);
  ASSERT_OK(two.subscription.Start());
  gate.Refuse();
  gate.CutAll();
  const std::string lost = producer.NewLane(50);
  producer.SayPublished(lost, 50);
  EXPECT_EVENTUALLY(two.replica.Counted().size() == 52, kPatience);
  EXPECT_EVENTUALLY(parked(two) == 1, kPatience);
  EXPECT_EVENTUALLY(parked(one) == 0, kPatience) << "it heals no more";
}

}  // namespace
}  // namespace tally::inbox
