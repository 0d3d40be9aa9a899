#include "common/inbox/batch_plan.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <iostream>
#include <map>
#include <random>
#include <set>
#include <vector>

#include "tests/testkit/deliveries.h"

namespace tally::inbox {
namespace {

using testkit::Deliver;
using testkit::Lane;
using testkit::MakeEvent;

EventHandler::Interest InterestIn(absl::string_view type) {
  if (type == "counted") return EventHandler::Interest::kApply;
  if (type == "ignored") return EventHandler::Interest::kIgnore;
  return EventHandler::Interest::kUnknown;
}

// Arrivals with their deliveries, and the plan for them.
struct Planned {
  Planned(std::vector<bus::Delivery> d, CoveredLanes& covered) : deliveries(std::move(d)) {
    arrivals.reserve(deliveries.size());
    std::vector<Arrival*> all;
    for (const bus::Delivery& delivery : deliveries) {
      ReadDelivery(delivery, absl::UnixEpoch(), arrivals);
      covered.try_emplace(arrivals.back().lane_id);
      all.push_back(&arrivals.back());
    }
    plan = MakePlan(all, InterestIn, covered);
  }
  std::vector<bus::Delivery> deliveries;
  std::vector<Arrival> arrivals;
  BatchPlan plan;
};

TEST(BatchPlanTest, SortsWhatArrivesByWhatIsToBeDone) {
  CoveredLanes covered = {{Lane(1), base::SequenceSet(2)}};
  bus::Message damaged = bus::ToMessage(MakeEvent(1, 6));
  bus::Headers headers;
  headers.Set("ce-source", "tests");
  headers.Set("ce-lane", Lane(1));
  headers.Set("ce-sequence", "6");
  damaged.headers = headers;
  const Planned planned(
      {Deliver(MakeEvent(1, 2)), Deliver(MakeEvent(1, 3)), Deliver(MakeEvent(1, 3)),
       Deliver(MakeEvent(1, 4, "", "ignored")), Deliver(MakeEvent(1, 5, "", "from the future")),
       Deliver(damaged), Deliver(MakeEvent(1, 9))},
      covered);
  const BatchPlan& plan = planned.plan;
  ASSERT_EQ(plan.apply.size(), 2u);
  EXPECT_EQ(plan.apply[0]->sequence, 3);
  EXPECT_EQ(plan.apply[1]->sequence, 9);
  EXPECT_EQ(plan.duplicates, 2);
  EXPECT_EQ(plan.ignored, 1);
  ASSERT_EQ(plan.letters.size(), 2u);
  EXPECT_EQ(plan.letters[0]->fault, Fault::kUnknownType);
  EXPECT_EQ(plan.letters[1]->fault, Fault::kUndecodable);
  EXPECT_EQ(covered.at(Lane(1)).through(), 6);
  EXPECT_EQ(covered.at(Lane(1)).Encode(), "9");
}

TEST(BatchPlanTest, OnlyLanesThatCoverMoreAreChanged) {
  CoveredLanes covered = {{Lane(1), base::SequenceSet(5)}, {Lane(2), base::SequenceSet(5)}};
  const Planned planned({Deliver(MakeEvent(1, 5)), Deliver(MakeEvent(2, 6))}, covered);
  EXPECT_EQ(planned.plan.changed, std::set<std::string>{Lane(2)});
}

TEST(BatchPlanTest, AnArrivalThatFailedBeforeBecomesALetter) {
  CoveredLanes covered;
  Planned planned({Deliver(MakeEvent(1, 1))}, covered);
  ASSERT_EQ(planned.plan.apply.size(), 1u);
  planned.arrivals[0].Fail(Fault::kEvent, absl::InternalError("no"));
  CoveredLanes again = {{Lane(1), {}}};
  const BatchPlan plan = MakePlan({&planned.arrivals[0]}, InterestIn, again);
  EXPECT_TRUE(plan.apply.empty());
  EXPECT_EQ(plan.letters.size(), 1u);
}

// Any order, repetitions, replays of what was committed, crashes before the commit: each event is
// applied in exactly one committed batch.
TEST(BatchPlanTest, AppliesEachEventOnceWhateverArrives) {
  const auto seed = std::random_device()();
  std::cout << "seed " << seed << std::endl;
  std::mt19937 random(seed);
  const auto below = [&](size_t n) { return random() % n; };
  for (int round = 0; round < 30; ++round) {
    CoveredLanes committed;
    std::map<std::pair<std::string, int64_t>, int> applied;
    std::vector<bus::Event> unacknowledged;
    for (int lane = 1; lane <= 3; ++lane) {
      for (int64_t sequence = 1; sequence <= 30; ++sequence) {
        unacknowledged.push_back(MakeEvent(lane, sequence));
      }
    }
    const std::vector<bus::Event> all = unacknowledged;
    while (!unacknowledged.empty()) {
      std::shuffle(unacknowledged.begin(), unacknowledged.end(), random);
      const size_t count = std::min(unacknowledged.size(), 1 + below(20));
      std::vector<bus::Delivery> batch;
      for (size_t i = 0; i < count; ++i) {
        batch.push_back(Deliver(unacknowledged[unacknowledged.size() - 1 - i]));
        if (below(4) == 0) batch.push_back(Deliver(all[below(all.size())]));
        if (below(4) == 0) batch.push_back(batch[below(batch.size())]);
      }
      CoveredLanes covered = committed;
      const Planned planned(std::move(batch), covered);
      if (below(4) == 0) continue;  // Rolled back: comes again.
      committed = covered;
      for (const Arrival* arrival : planned.plan.apply) {
        ++applied[{arrival->lane_id, arrival->sequence}];
      }
      if (below(4) == 0) continue;  // Committed, but the acknowledgement was lost.
      unacknowledged.resize(unacknowledged.size() - count);
    }
    EXPECT_EQ(applied.size(), all.size());
    for (const auto& [event, times] : applied) {
      EXPECT_EQ(times, 1) << event.first << "/" << event.second;
    }
    for (int lane = 1; lane <= 3; ++lane) EXPECT_EQ(committed.at(Lane(lane)).through(), 30);
  }
}

}  // namespace
}  // namespace tally::inbox
