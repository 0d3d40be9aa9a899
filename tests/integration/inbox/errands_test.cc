// What is asked of producers besides the rounds of healing: to fill the gaps of a lane that has
// many.

#include <algorithm>

#include "tests/integration/inbox/healing_test_case.h"
#include "tests/testkit/deliveries.h"

namespace tally::inbox {
namespace {

using testing::_;
using testing::Each;
using testing::Pair;

class ErrandsTest : public HealingTestCase {
 protected:
  // Errands alone, of a database whose consumer does not run, by a clock that stands still.
  struct Bench {
    Bench(const std::string& url, bus::Bus& bus, telemetry::Telemetry& telemetry)
        : replica(url), asked("tests", "tests", absl::Seconds(10), bus, replica.system_clock) {
      fetchers.emplace_back(asked, absl::Seconds(10), healing, replica.inbox, replica.system_clock,
                            telemetry);
    }
    bool ProducerAnswers() { return asked.FindEvents({{testkit::Lane(1), {1, 1}}}).ok(); }
    void Receive(const std::string& lane_id, int64_t sequence) {
      bus::Event event = testkit::MakeEvent(1, sequence);
      event.lane_id = lane_id;
      ASSERT_OK(replica.Receive({testkit::Deliver(event)}));
    }

    Replica replica;
    HealingStore healing{replica.store};
    Producer asked;
    std::vector<Fetcher> fetchers;
    base::ManualClock clock{absl::Now()};
    Errands errands{absl::Seconds(10), healing, clock};
  };
};
INSTANTIATE_ON_EVERY_DATABASE(ErrandsTest);

TEST_P(ErrandsTest, ManyGapsAreFilledAtOnce) {
  SubscriptionOptions options = HealingOptions();
  options.heal_every = absl::Hours(1);
  const auto instance = NewInstance(options);
  ASSERT_EVENTUALLY(instance->Summary().compared_all > absl::InfinitePast(), kPatience);
  const std::string lane_id = producer->NewLane(2200);
  producer->SayPublished(lane_id, 2200);
  for (int64_t sequence = 2; sequence <= 2200; sequence += 2) {
    producer->Publish(lane_id, sequence, sequence);
  }
  EXPECT_EVENTUALLY(instance->replica.Counted().size() > 2000, kPatience);
  EXPECT_THAT(instance->replica.Counted(), Each(Pair(_, 1)));
}

// Gaps that nothing fills, parked events say, are not asked for with every batch.
TEST_P(ErrandsTest, ManyGapsAreAskedForOnceASecond) {
  Bench bench(database_url, *setup_bus, telemetry);
  ASSERT_EVENTUALLY(bench.ProducerAnswers(), kPatience);
  const std::string lane_id = producer->NewLane(4);
  producer->SayPublished(lane_id, 4);
  const auto gap_below = [&](int64_t sequence) {
    bench.Receive(lane_id, sequence);
    bench.errands.FillGaps(lane_id, "tests");
    bench.errands.Run(bench.fetchers);
  };
  gap_below(2);
  EXPECT_EQ(producer->events_given(), 1);
  gap_below(4);
  EXPECT_EQ(producer->events_given(), 1);
  bench.clock.Advance(absl::Seconds(1));
  bench.errands.Run(bench.fetchers);
  EXPECT_EQ(producer->events_given(), 2);
}

TEST_P(ErrandsTest, GapsThatAnAnswerHadNoTimeForAreAskedForAgain) {
  Bench bench(database_url, *setup_bus, telemetry);
  producer->AnswerInPieces();
  ASSERT_EVENTUALLY(bench.ProducerAnswers(), kPatience);
  const std::string lane_id = producer->NewLane(6);
  producer->SayPublished(lane_id, 6);
  for (const int64_t sequence : {2, 4, 6}) bench.Receive(lane_id, sequence);
  bench.errands.FillGaps(lane_id, "tests");
  for (int64_t given = 1; given <= 4; ++given) {
    bench.errands.Run(bench.fetchers);
    EXPECT_EQ(producer->events_given(), std::min<int64_t>(given, 3));
    bench.clock.Advance(absl::Seconds(1));
  }
}

TEST_P(ErrandsTest, WhatIsNotPublishedYetIsNoSilenceOfItsProducer) {
  Bench bench(database_url, *setup_bus, telemetry);
  ASSERT_EVENTUALLY(bench.ProducerAnswers(), kPatience);
  const std::string lane_id = producer->NewLane(1);
  EXPECT_TRUE(bench.errands.Inquire(lane_id, 1));
  bench.errands.Run(bench.fetchers);
  telemetry::Gauge& silent =
      telemetry.metrics.AddGauge("tally_healing_source_silent", "", {{"source", "tests"}});
  EXPECT_EQ(silent.Value(), 0);
}

}  // namespace
}  // namespace tally::inbox
