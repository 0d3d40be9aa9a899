// Up to when everything is known to be counted.

#include "common/inbox/horizon.h"

#include "tests/integration/inbox/fixture_sql.h"
#include "tests/integration/inbox/healing_test_case.h"

namespace tally::inbox {
namespace {

class HorizonTest : public HealingTestCase {};
INSTANTIATE_ON_EVERY_DATABASE(HorizonTest);

TEST_P(HorizonTest, AProducerThatWentBackInTimeDoesNotHoldItForEver) {
  const auto instance = NewInstance();
  const std::string lane_id = producer->PublishedLane(10);
  ExpectComplete(*instance, 10);
  producer->Write(lane_id, 5);
  const absl::Time written = absl::Now();
  const auto progress = [&] { return instance->subscription.GetProgress(); };
  EXPECT_EVENTUALLY(progress().producers_answered > written, kPatience);
  EXPECT_LT(progress().as_of, written);
  producer->LoseEventsAbove(lane_id, 10);
  EXPECT_EVENTUALLY(progress().as_of > written, kPatience);
}

TEST_P(HorizonTest, AProducerThatDoesNotAnswerIsAnAlarmAndHoldsItBack) {
  const auto instance = NewInstance();
  const std::string lane_id = producer->PublishedLane(10);
  ExpectComplete(*instance, 10);
  producer->StopAnswering();
  EXPECT_EVENTUALLY(instance->Metric("tally_healing_source_silent", {{"source", "tests"}}) == 1,
                    kPatience);
  const absl::Time as_of = instance->subscription.GetProgress().as_of;
  producer->Write(lane_id, 10);
  producer->SayPublished(lane_id, 20);
  EXPECT_EQ(instance->subscription.GetProgress().as_of, as_of);
  producer->Answer();
  ExpectComplete(*instance, 20);
  EXPECT_EQ(instance->Metric("tally_healing_source_silent", {{"source", "tests"}}), 0);
}

TEST_P(HorizonTest, AClockThatIsSetBackMakesItUnknownUntilTheNextAnswer) {
  const auto instance = NewInstance();
  producer->PublishedLane(10);
  ExpectComplete(*instance, 10);
  std::vector<Producer> producers;
  producers.emplace_back("tests", "tests", absl::Seconds(1), *instance->bus,
                         instance->replica.system_clock);
  base::ManualClock clock(absl::Now() + absl::Minutes(10));
  Horizon horizon(absl::Milliseconds(100), producers, instance->subscription.healing(), clock);
  const auto as_of = [&] {
    clock.Advance(absl::Milliseconds(100));
    horizon.Step();
    return horizon.Get().as_of;
  };
  ASSERT_EVENTUALLY(as_of() > absl::Now() + absl::Minutes(9), kPatience);

  producer->StopAnswering();
  clock.Set(absl::Now());
  EXPECT_EQ(as_of(), absl::InfinitePast());
  EXPECT_EQ(horizon.Get().answered, absl::InfinitePast());
  EXPECT_FALSE(horizon.Get().behind);
  producer->Answer();
  EXPECT_EVENTUALLY(as_of() > absl::InfinitePast(), kPatience);
  EXPECT_LT(horizon.Get().as_of, clock.Now());
}

TEST_P(HorizonTest, UnpublishedEventsHoldItBack) {
  const auto instance = NewInstance();
  const std::string lane_id = producer->PublishedLane(10);
  ExpectComplete(*instance, 10);
  producer->Write(lane_id, 1);
  EXPECT_EVENTUALLY(instance->subscription.GetProgress().behind_producers, kPatience);
  const absl::Time written = absl::Now();
  const auto answered = [&] { return instance->subscription.GetProgress().producers_answered; };
  EXPECT_EVENTUALLY(answered() > written + absl::Milliseconds(500), kPatience);
  EXPECT_LT(instance->subscription.GetProgress().as_of, written);
  EXPECT_EQ(producer->events_given(), 0);
  producer->Publish(lane_id, 11, 11);
  ExpectComplete(*instance, 11);
}

// As a replica does that took over without the last commits. `as_of` was right until then.
TEST_P(HorizonTest, ADatabaseThatForgotTheLastEventsMakesItUnknown) {
  const auto instance = NewInstance();
  producer->PublishedLane(10);
  ExpectComplete(*instance, 10);
  instance->subscription.Stop();
  std::vector<Producer> producers;
  producers.emplace_back("tests", "tests", absl::Seconds(1), *instance->bus,
                         instance->replica.system_clock);
  base::ManualClock clock(absl::Now());
  Horizon horizon(absl::Milliseconds(100), producers, instance->subscription.healing(), clock);
  const auto as_of = [&] {
    clock.Advance(absl::Milliseconds(100));
    horizon.Step();
    return horizon.Get().as_of;
  };
  ASSERT_EVENTUALLY(as_of() > absl::InfinitePast(), kPatience);
  producer->StopAnswering();
  ASSERT_GT(as_of(), absl::InfinitePast());
  ASSERT_OK(instance->replica.database->Run(
      db::Mode::kWrite, instance->replica.Deadline(), [](db::Transaction& transaction) {
        return transaction.Execute(fixture::sql::kForgetFiveEvents).status();
      }));
  EXPECT_EQ(as_of(), absl::InfinitePast());
  producer->Answer();
  EXPECT_EVENTUALLY((as_of(), horizon.Get().behind), kPatience);
  EXPECT_EQ(as_of(), absl::InfinitePast());
}

}  // namespace
}  // namespace tally::inbox
