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

class ErrandsTest : public HealingTestCase {};
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
  Replica replica(database_url);
  HealingStore healing(replica.store);
  Producer asked("tests", "tests", absl::Seconds(10), *setup_bus, replica.system_clock);
  std::vector<Fetcher> fetchers;
  fetchers.emplace_back(asked, absl::Seconds(10), healing, replica.inbox, replica.system_clock,
                        telemetry);
  ASSERT_EVENTUALLY(asked.FindEvents({{testkit::Lane(1), {1, 1}}}).ok(), kPatience);
  base::ManualClock clock(absl::Now());
  Errands errands(absl::Seconds(10), healing, clock);
  const std::string lane_id = producer->NewLane(4);
  producer->SayPublished(lane_id, 4);
  const auto gap_below = [&](int64_t sequence) {
    bus::Event event = testkit::MakeEvent(1, sequence);
    event.lane_id = lane_id;
    ASSERT_OK(replica.Receive({testkit::Deliver(event)}));
    errands.FillGaps(lane_id, "tests");
    errands.Run(fetchers);
  };
  gap_below(2);
  EXPECT_EQ(producer->events_given(), 1);
  gap_below(4);
  EXPECT_EQ(producer->events_given(), 1);
  clock.Advance(absl::Seconds(1));
  errands.Run(fetchers);
  EXPECT_EQ(producer->events_given(), 2);
}

TEST_P(ErrandsTest, GapsThatAnAnswerHadNoTimeForAreAskedForAgain) {
  Replica replica(database_url);
  HealingStore healing(replica.store);
  Producer asked("tests", "tests", absl::Seconds(10), *setup_bus, replica.system_clock);
  std::vector<Fetcher> fetchers;
  fetchers.emplace_back(asked, absl::Seconds(10), healing, replica.inbox, replica.system_clock,
                        telemetry);
  producer->AnswerInPieces();
  ASSERT_EVENTUALLY(asked.FindEvents({{testkit::Lane(1), {1, 1}}}).ok(), kPatience);
  base::ManualClock clock(absl::Now());
  Errands errands(absl::Seconds(10), healing, clock);
  const std::string lane_id = producer->NewLane(6);
  producer->SayPublished(lane_id, 6);
  for (const int64_t sequence : {2, 4, 6}) {
    bus::Event event = testkit::MakeEvent(1, sequence);
    event.lane_id = lane_id;
    ASSERT_OK(replica.Receive({testkit::Deliver(event)}));
  }
  errands.FillGaps(lane_id, "tests");
  for (int64_t given = 1; given <= 4; ++given) {
    errands.Run(fetchers);
    EXPECT_EQ(producer->events_given(), std::min<int64_t>(given, 3));
    clock.Advance(absl::Seconds(1));
  }
}

}  // namespace
}  // namespace tally::inbox
