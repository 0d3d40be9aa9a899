#include <set>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "tests/simulation/databases.h"
#include "tests/simulation/shrinker.h"
#include "tests/simulation/world.h"

namespace tally::simulation {
namespace {

TEST(ReplayTest, ASeedIsARun) {
  MemoryFiles files;
  const auto databases = Databases::Make(files);
  ASSERT_TRUE(databases.ok()) << databases.status();
  std::vector<std::string> traces;
  for (uint64_t seed = 0; seed < 20; ++seed) {
    const World::Outcome once = World::Run(**databases, {.seed = seed, .traced = true});
    EXPECT_GT(once.decisions.size(), 200);
    traces.push_back(once.trace);
  }
  // Whatever ran before on the same databases.
  for (uint64_t seed = 20; seed-- > 0;) {
    const World::Outcome again = World::Run(**databases, {.seed = seed, .traced = true});
    ASSERT_EQ(traces[seed], again.trace) << "seed " << seed;
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
