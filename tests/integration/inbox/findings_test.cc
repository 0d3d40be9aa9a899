// What of a lane is not to be had is named exactly, for as long as it is so.

#include "common/bus/topology.h"
#include "common/inbox/healer.h"
#include "common/inbox/inbox_catalog.h"
#include "tests/integration/inbox/healing_test_case.h"
#include "tests/testkit/deliveries.h"

namespace tally::inbox {
namespace {

using testing::IsEmpty;
using testkit::StatusIs;
using Verdict = Finding::Verdict;

class FindingsTest : public HealingTestCase {};
INSTANTIATE_ON_EVERY_DATABASE(FindingsTest);

TEST_P(FindingsTest, AParkedEventIsNamedUntilItIsGivenUp) {
  const auto instance = NewInstance();
  const std::string lane_id = producer->NewLane(5);
  producer->Publish(lane_id, 1, 2);
  producer->Publish(lane_id, 4, 5);
  producer->Park(lane_id, 3);
  producer->SayPublished(lane_id, 5);
  EXPECT_EVENTUALLY(Finds(*instance, Verdict::kParked, 3, 3), kPatience);
  EXPECT_EQ(instance->Summary().parked_events, 1);
  EXPECT_EQ(instance->Summary().missing_events, 0);
  EXPECT_EQ(instance->CoverageOf(lane_id, 3), InboxStore::Coverage::kParked);
  const absl::Time now = absl::Now();
  EXPECT_EVENTUALLY(instance->subscription.GetProgress().as_of >= now, kPatience);

  producer->GiveUpParked();
  ExpectComplete(*instance, 4);
  EXPECT_EQ(instance->CoverageOf(lane_id, 3), InboxStore::Coverage::kSkipped);
  EXPECT_EQ(instance->CoverageOf(lane_id, 4), InboxStore::Coverage::kCounted);
}

TEST_P(FindingsTest, TrimmedEventsAreAnAlarmUntilTheyAreAccepted) {
  const std::string lane_id = producer->PublishedLane(100);
  Administer("STREAM.PURGE.TESTS");
  producer->Trim(lane_id, 40);
  const auto instance = NewInstance();
  EXPECT_EVENTUALLY(Finds(*instance, Verdict::kTrimmed, 1, 40), kPatience);
  EXPECT_EQ(instance->Summary().missing_events, 40);
  EXPECT_EVENTUALLY(instance->Metric("tally_healing_findings", {{"verdict", "trimmed"}}) == 40,
                    kPatience);

  HealingStore& healing = instance->subscription.healing();
  const auto accept = [&](int64_t first, int64_t last) {
    return healing.Accept(lane_id, {first, last}, "too old", "ada", instance->replica.Deadline());
  };
  EXPECT_THAT(accept(30, 101), StatusIs(absl::StatusCode::kFailedPrecondition));
  EXPECT_THAT(accept(11, 40), testkit::IsOkAndHolds(30));
  EXPECT_THAT(accept(11, 50), testkit::IsOkAndHolds(0));
  EXPECT_EQ(instance->Summary().missing_events, 10);
  EXPECT_THAT(accept(1, 40), testkit::IsOkAndHolds(10));
  ExpectComplete(*instance, 60);
  EXPECT_EQ(instance->CoverageOf(lane_id, 40), InboxStore::Coverage::kSkipped);
}

TEST_P(FindingsTest, HistoryThatTheProducerLostIsNamedExactly) {
  auto instance = NewInstance();
  const std::string lane_id = producer->PublishedLane(100);
  const std::string lost = producer->PublishedLane(7);
  ExpectComplete(*instance, 107);
  producer->LoseEventsAbove(lane_id, 60);
  EXPECT_EVENTUALLY(Finds(*instance, Verdict::kUnknown, 61, 100), kPatience);
  EXPECT_EQ(instance->Summary().missing_events, 0);
  EXPECT_TRUE(instance->Findings()[0].covered);
  producer->LoseLane(lost);  // All lanes are compared when others are there than before.
  EXPECT_EVENTUALLY(instance->Findings().size() == 2, kPatience);
  const std::vector<Finding> findings = instance->Findings();
  ASSERT_EQ(findings.size(), 2);
  EXPECT_EQ(findings[1].lane_id, lost);
  EXPECT_EQ(findings[1].range, (base::SequenceRange{1, 7}));
}

// The bus lost it first, and then the producer's database, too: the lane is shorter now.
TEST_P(FindingsTest, WhatBusAndProducerBothLostStaysNamed) {
  const auto instance = NewInstance();
  const std::string lane_id = producer->PublishedLane(60);
  ExpectComplete(*instance, 60);
  HealingStore& healing = instance->subscription.healing();
  ASSERT_OK(healing.AddFinding({.lane_id = lane_id,
                                .range = {61, 100},
                                .source = "tests",
                                .verdict = Verdict::kUnanswered,
                                .noticed = absl::Now()},
                               instance->replica.Deadline()));
  EXPECT_EVENTUALLY(Finds(*instance, Verdict::kUnknown, 61, 100), kPatience);
  const absl::Time then = instance->Summary().compared;
  EXPECT_EVENTUALLY(instance->Summary().compared > then + absl::Seconds(1), kPatience);
  EXPECT_TRUE(Finds(*instance, Verdict::kUnknown, 61, 100));
  EXPECT_EQ(instance->Summary().missing_events, 40);
  EXPECT_THAT(healing.Accept(lane_id, {61, 100}, "a fire", "ada", instance->replica.Deadline()),
              testkit::IsOkAndHolds(40));
  ExpectComplete(*instance, 60);
}

// A round may end with what an operator has settled since it began.
TEST_P(FindingsTest, WhatIsCoveredIsNotKeptAsMissing) {
  Replica replica(database_url);
  HealingStore healing(replica.store);
  ASSERT_OK(replica.store.Register(absl::Now(), replica.Deadline()));
  ASSERT_OK(replica.Receive(Sequences(1, 1, 4)));
  ASSERT_THAT(healing.TakeLease("us", absl::Minutes(1), replica.Deadline()),
              testkit::IsOkAndHolds(HealingStore::Lease::kTaken));
  const Finding late = {.lane_id = testkit::Lane(1),
                        .range = {3, 6},
                        .source = "tests",
                        .verdict = Verdict::kTrimmed};
  ASSERT_OK(healing.ReplaceFindings("us", "tests", {late}, replica.Deadline()));
  std::vector<Finding> findings;
  replica.Read([&](db::Transaction& transaction) -> absl::Status {
    ASSIGN_OR_RETURN(findings, healing.ListFindings(transaction, HealingStore::Filter{}, 1000));
    return absl::OkStatus();
  });
  ASSERT_EQ(findings.size(), 1);
  EXPECT_EQ(findings[0].range, (base::SequenceRange{5, 6}));
}

TEST_P(FindingsTest, ALeaseThatAnotherHeldMeanwhileIsTakenAnew) {
  Replica replica(database_url);
  HealingStore healing(replica.store, /*sole_process=*/false);
  ASSERT_OK(replica.store.Register(absl::Now(), replica.Deadline()));
  const auto take = [&](const char* holder) {
    return healing.TakeLease(holder, absl::Minutes(1), replica.Deadline());
  };
  using Lease = HealingStore::Lease;
  EXPECT_THAT(take("us"), testkit::IsOkAndHolds(Lease::kTaken));
  EXPECT_THAT(take("us"), testkit::IsOkAndHolds(Lease::kRenewed));
  EXPECT_THAT(take("them"), testkit::IsOkAndHolds(Lease::kAnothers));
  ASSERT_OK(healing.ReleaseLease("us", replica.Deadline()));
  EXPECT_THAT(take("them"), testkit::IsOkAndHolds(Lease::kTaken));
  ASSERT_OK(healing.ReleaseLease("them", replica.Deadline()));
  EXPECT_THAT(take("us"), testkit::IsOkAndHolds(Lease::kTaken));
}

// What was asked before would end the round with less than the other had found.
TEST_P(FindingsTest, ARoundThatAnotherOvertookBeginsAgain) {
  const std::string lane_id = producer->PublishedLane(10);
  Replica replica(database_url);
  ASSERT_OK(replica.store.Register(absl::Now(), replica.Deadline()));
  bus::Event first = testkit::MakeEvent(1, 1);
  first.lane_id = lane_id;
  ASSERT_OK(replica.Receive({testkit::Deliver(first)}));
  const bus::DurableConfig durable = bus::DurableOf(HealingOptions().delivery.stream, "tests", "");
  ASSERT_OK(setup_bus->Declare(durable, absl::Now() + kPatience));
  HealingStore healing(replica.store, /*sole_process=*/false);
  base::ManualClock clock(absl::Now());
  Producer asked("tests", "tests", kPatience, *setup_bus, clock);
  ASSERT_EVENTUALLY(asked.FindEvents({{lane_id, {1, 1}}}).ok(), kPatience);
  std::vector<Fetcher> fetchers;
  fetchers.emplace_back(asked, kPatience, healing, replica.inbox, clock, telemetry);
  Healer healer(
      {.holder = "us", .durable = durable, .bus_timeout = kPatience, .session_timeout = kPatience},
      fetchers, healing, *setup_bus, clock, telemetry);
  const auto said_published = [&]() -> int64_t {
    const auto watermarks =
        InboxCatalog("tests", *replica.database).ListWatermarks({}, "", 1, replica.Deadline());
    return watermarks.ok() && watermarks->size() == 1
               ? watermarks->front().published_through.value_or(0)
               : -1;
  };
  healer.Step();  // asks, and waits for what the durable still holds
  ASSERT_EQ(said_published(), 10);
  producer->Write(lane_id, 5);
  producer->SayPublished(lane_id, 15);
  clock.Advance(absl::Seconds(3));
  healer.Step();
  ASSERT_EQ(said_published(), 10);
  ASSERT_OK(healing.ReleaseLease("us", replica.Deadline()));
  ASSERT_OK(healing.TakeLease("them", absl::Minutes(1), replica.Deadline()));
  ASSERT_OK(healing.ReleaseLease("them", replica.Deadline()));
  clock.Advance(absl::Seconds(3));
  healer.Step();
  EXPECT_EQ(said_published(), 15);
}

TEST_P(FindingsTest, HistoryThatTheProducerLostIsAnAlarmUntilItIsAccepted) {
  auto instance = NewInstance();
  const std::string lane_id = producer->PublishedLane(100);
  ExpectComplete(*instance, 100);
  producer->LoseEventsAbove(lane_id, 60);
  EXPECT_EVENTUALLY(Finds(*instance, Verdict::kUnknown, 61, 100), kPatience);
  const auto accept = [&](int64_t first, int64_t last) {
    return instance->subscription.healing().Accept(lane_id, {first, last}, "restored", "ada",
                                                   instance->replica.Deadline());
  };
  EXPECT_THAT(accept(61, 101), StatusIs(absl::StatusCode::kFailedPrecondition));
  EXPECT_THAT(accept(50, 80), testkit::IsOkAndHolds(20));
  EXPECT_EVENTUALLY(Finds(*instance, Verdict::kUnknown, 81, 100), kPatience);
  EXPECT_THAT(accept(81, 100), testkit::IsOkAndHolds(20));
  ExpectComplete(*instance, 100);
  EXPECT_EQ(instance->CoverageOf(lane_id, 70), InboxStore::Coverage::kCounted);
  instance.reset();
  instance = NewInstance();  // It compares all lanes.
  EXPECT_EVENTUALLY(instance->Summary().compared_all > absl::InfinitePast(), kPatience);
  const absl::Time now = absl::Now();
  EXPECT_EVENTUALLY(instance->Summary().compared > now, kPatience);
  EXPECT_THAT(instance->Findings(), IsEmpty());
}

TEST_P(FindingsTest, NothingIsTakenFromAnotherDatabase) {
  const auto instance = NewInstance();
  ExpectComplete(*instance, 0);
  producer->BecomeAnotherDatabase();
  const std::string lane_id = producer->NewLane(10);
  producer->SayPublished(lane_id, 10);
  EXPECT_EVENTUALLY(instance->Metric("tally_healing_other_database", {{"source", "tests"}}) == 1,
                    kPatience);
  const absl::Time answered = instance->subscription.GetProgress().producers_answered;
  EXPECT_LT(answered, absl::Now());
  EXPECT_THAT(instance->replica.Counted(), IsEmpty());
}

TEST_P(FindingsTest, AnotherDatabaseIsTheProducersOnceItIsAdopted) {
  const auto instance = NewInstance();
  ExpectComplete(*instance, 0);
  producer->BecomeAnotherDatabase();
  const std::string lane_id = producer->NewLane(10);
  producer->SayPublished(lane_id, 10);
  HealingStore& healing = instance->subscription.healing();
  const auto source = [&] {
    std::vector<SourceStore::Source> sources;
    instance->replica.Read([&](db::Transaction& transaction) -> absl::Status {
      ASSIGN_OR_RETURN(sources, healing.sources().List(transaction));
      return absl::OkStatus();
    });
    return sources.at(0);
  };
  const std::string before = source().database_id;
  ASSERT_EVENTUALLY(!source().other_database_id.empty(), kPatience);
  const std::string other = source().other_database_id;
  EXPECT_NE(other, before);
  const auto adopt = [&](const std::string& database_id) {
    return healing.sources().Adopt("tests", database_id, "moved", "ada",
                                   instance->replica.Deadline());
  };
  EXPECT_THAT(adopt("some other"), StatusIs(absl::StatusCode::kFailedPrecondition));
  EXPECT_THAT(adopt(before), StatusIs(absl::StatusCode::kFailedPrecondition));
  EXPECT_THAT(instance->replica.Counted(), IsEmpty());
  EXPECT_OK(adopt(other));
  ExpectComplete(*instance, 10);
  EXPECT_EQ(source().database_id, other);
  EXPECT_THAT(source().other_database_id, IsEmpty());
  EXPECT_EQ(instance->Metric("tally_healing_other_database", {{"source", "tests"}}), 0);
}

TEST_P(FindingsTest, AnInquiryFindsAParkedEventBeforeTheNextRound) {
  SubscriptionOptions options = HealingOptions();
  options.heal_every = absl::Hours(1);
  const auto instance = NewInstance(options);
  ASSERT_EVENTUALLY(instance->Summary().compared_all > absl::InfinitePast(), kPatience);
  const std::string lane_id = producer->NewLane(3);
  producer->Park(lane_id, 2);
  producer->SayPublished(lane_id, 3);
  for (const int64_t sequence : {1, 2}) {
    EXPECT_TRUE(instance->subscription.Inquire(lane_id, sequence));
  }
  EXPECT_EVENTUALLY(Finds(*instance, Verdict::kParked, 2, 2), kPatience);
  EXPECT_EQ(instance->CoverageOf(lane_id, 1), InboxStore::Coverage::kNotCovered);
  EXPECT_EQ(instance->Summary().parked_events, 1);
}

}  // namespace
}  // namespace tally::inbox
