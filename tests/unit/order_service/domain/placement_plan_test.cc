#include "order_service/domain/placement_plan.h"

#include <map>
#include <random>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace tally::orders {
namespace {

using Kind = Placement::Kind;
using ::testing::ElementsAre;

base::Uuid Id(uint8_t number) {
  base::Uuid::Bytes bytes = {};
  bytes[15] = number;
  return base::Uuid(bytes);
}

TEST(PlacementPlan, InsertsWhatIsNew) {
  const PlacementKey commands[] = {{Id(1), "", "a", "A"}, {Id(2), "", "b", "B"}};
  EXPECT_THAT(PlanPlacements(commands, {}),
              ElementsAre(Placement{Kind::kInsert, 0}, Placement{Kind::kInsert, 1}));
}

TEST(PlacementPlan, TakesCallsWithoutRequestIdForDifferentOrders) {
  const PlacementKey commands[] = {{Id(1), "", "", "A"}, {Id(2), "", "", "A"}};
  EXPECT_THAT(PlanPlacements(commands, {}),
              ElementsAre(Placement{Kind::kInsert, 0}, Placement{Kind::kInsert, 1}));
}

TEST(PlacementPlan, InsertsOneOfTwoEqualCallsInOneBatch) {
  const PlacementKey commands[] = {{Id(1), "", "a", "A"}, {Id(2), "", "a", "A"}};
  EXPECT_THAT(PlanPlacements(commands, {}),
              ElementsAre(Placement{Kind::kInsert, 0}, Placement{Kind::kSameAsCommand, 0}));
}

TEST(PlacementPlan, RefusesTheSecondOfTwoDifferentOrdersUnderOneRequestId) {
  const PlacementKey commands[] = {{Id(1), "", "a", "A"}, {Id(2), "", "a", "B"}};
  EXPECT_THAT(PlanPlacements(commands, {}),
              ElementsAre(Placement{Kind::kInsert, 0}, Placement{Kind::kConflict, 0}));
}

TEST(PlacementPlan, RecognisesARepetitionAfterItsFingerprintWasErased) {
  const PlacementKey commands[] = {{Id(1), "", "a", "A"}, {Id(2), "", "b", "B"}};
  const PlacementKey stored[] = {{Id(8), "", "a", ""}, {Id(9), "", "b", "other"}};
  EXPECT_THAT(PlanPlacements(commands, stored),
              ElementsAre(Placement{Kind::kStored, 0}, Placement{Kind::kConflict, 1}));
}

TEST(PlacementPlan, KeepsCallersApart) {
  const PlacementKey commands[] = {{Id(1), "alice", "a", "A"}, {Id(2), "bob", "a", "B"}};
  EXPECT_THAT(PlanPlacements(commands, {}),
              ElementsAre(Placement{Kind::kInsert, 0}, Placement{Kind::kInsert, 1}));
}

TEST(PlacementPlan, ARequestIdThatWasUsedWithoutACallerIsUsedForEveryone) {
  const PlacementKey commands[] = {{Id(1), "alice", "a", "A"},
                                   {Id(2), "bob", "a", "B"},
                                   {Id(3), "alice", "b", "B"},
                                   {Id(4), "alice", "c", "C"}};
  const PlacementKey stored[] = {
      {Id(7), "", "a", "A"}, {Id(8), "", "b", "other"}, {Id(9), "alice", "b", "B"}};
  EXPECT_THAT(PlanPlacements(commands, stored),
              ElementsAre(Placement{Kind::kStored, 0}, Placement{Kind::kConflict, 0},
                          Placement{Kind::kStored, 2}, Placement{Kind::kInsert, 3}));
}

TEST(PlacementPlan, NobodyElseRepeatsAnOrderWhoseFingerprintWasErased) {
  const PlacementKey commands[] = {{Id(1), "alice", "a", "A"}, {Id(2), "alice", "b", "B"}};
  const PlacementKey stored[] = {{Id(8), "", "a", ""}, {Id(9), "alice", "b", ""}};
  EXPECT_THAT(PlanPlacements(commands, stored),
              ElementsAre(Placement{Kind::kConflict, 0}, Placement{Kind::kStored, 1}));
}

TEST(PlacementPlan, AnswersARepeatedCallWithTheStoredOrder) {
  const PlacementKey commands[] = {{Id(1), "", "a", "A"}, {Id(2), "", "a", "B"}};
  const PlacementKey stored[] = {{Id(8), "", "z", "Z"}, {Id(9), "", "a", "A"}};
  EXPECT_THAT(PlanPlacements(commands, stored),
              ElementsAre(Placement{Kind::kStored, 1}, Placement{Kind::kConflict, 1}));
}

TEST(PlacementPlan, RecognisesItsOwnOrderAfterAnUnknownCommit) {
  const PlacementKey commands[] = {{Id(1), "", "", "A"}};
  const PlacementKey stored[] = {{Id(9), "", "", "A"}, {Id(1), "", "", "A"}};
  EXPECT_THAT(PlanPlacements(commands, stored), ElementsAre(Placement{Kind::kStored, 1}));
}

// One order per (caller, request_id) whatever the batches look like, against a plain map.
TEST(PlacementPlan, PlacesEachRequestIdOnceOverManyRandomBatches) {
  const unsigned seed = std::random_device()();
  SCOPED_TRACE(testing::Message() << "seed " << seed);
  std::mt19937 random(seed);
  const std::string names[] = {"", "a", "b", "c", "d", "e"}, contents[] = {"A", "B"};
  std::map<std::string, std::string> expected;  // request_id → content of the first
  std::vector<PlacementKey> stored;
  uint8_t next_id = 0;
  for (int batch = 0; batch < 40; ++batch) {
    std::vector<PlacementKey> commands;
    for (int i = random() % 5; i >= 0; --i) {
      commands.push_back({Id(++next_id), "", names[random() % 6], contents[random() % 2]});
    }
    const std::vector<Placement> plan = PlanPlacements(commands, stored);
    ASSERT_EQ(plan.size(), commands.size());
    for (size_t i = 0; i < commands.size(); ++i) {
      const std::string request_id(commands[i].request_id), content(commands[i].fingerprint);
      const bool first = request_id.empty() || expected.emplace(request_id, content).second;
      if (first) {
        EXPECT_EQ(plan[i].kind, Kind::kInsert);
        stored.push_back(commands[i]);
      } else {
        EXPECT_EQ(plan[i].kind == Kind::kConflict, expected[request_id] != content);
        EXPECT_NE(plan[i].kind, Kind::kInsert);
      }
    }
  }
}

}  // namespace
}  // namespace tally::orders
