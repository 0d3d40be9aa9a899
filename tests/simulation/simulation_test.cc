#include <set>
#include <vector>

#include "gtest/gtest.h"
#include "tests/simulation/databases.h"
#include "tests/simulation/shrinker.h"
#include "tests/simulation/world.h"

namespace tally::simulation {
namespace {

TEST(ReplayTest, ASeedIsARun) {
  const auto workspace = Workspace::Make();
  ASSERT_TRUE(workspace.ok()) << workspace.status();
  for (uint64_t seed = 1; seed <= 20; ++seed) {
    const World::Options options = {.seed = seed, .traced = true};
    const World::Outcome once = World::Run(**workspace, "once", options);
    const World::Outcome again = World::Run(**workspace, "again", options);
    ASSERT_EQ(once.trace, again.trace) << "seed " << seed;
    EXPECT_GT(once.decisions.size(), 200);
  }
}

TEST(ReplayTest, WhatIsLeftOutLeavesTheOthersAsTheyAre) {
  Chance whole(7, {});
  Chance without(7, {{.turn = 1}});
  ASSERT_TRUE(whole.BeginTurn(1));
  whole.Below(10);
  EXPECT_FALSE(without.BeginTurn(1));
  for (int turn = 2; turn < 50; ++turn) {
    ASSERT_TRUE(whole.BeginTurn(turn) && without.BeginTurn(turn));
    EXPECT_EQ(whole.Below(1000), without.Below(1000));
    EXPECT_EQ(whole.Fault(0.5), without.Fault(0.5));
  }
}

TEST(ShrinkerTest, LeavesOutWhatAFailureDoesNotNeed) {
  std::vector<Decision> decisions;
  for (int turn = 0; turn < 300; ++turn) decisions.push_back({.turn = turn});
  const std::set<Decision> needed = {{.turn = 17}, {.turn = 201}, {.turn = 202}};
  const std::set<Decision> left_out =
      LeaveOut(decisions, 1000, [&](const std::set<Decision>& without) {
        for (const Decision& decision : needed) {
          if (without.contains(decision)) return false;
        }
        return true;
      });
  EXPECT_EQ(left_out.size(), decisions.size() - needed.size());
}

}  // namespace
}  // namespace tally::simulation
