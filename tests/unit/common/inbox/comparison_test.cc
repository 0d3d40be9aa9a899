#include "common/inbox/comparison.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "absl/random/random.h"

namespace tally::inbox {
namespace {

using base::SequenceRange;
using base::SequenceSet;
using testing::IsEmpty;
using Verdict = Finding::Verdict;

const absl::Time kNow = absl::FromUnixSeconds(1'700'000'000);

SequenceSet Covered(int64_t through, std::initializer_list<SequenceRange> ranges = {}) {
  SequenceSet set(through);
  for (const SequenceRange range : ranges) set.Add(range);
  return set;
}

TEST(ComparisonTest, WhatIsPublishedAndNotCoveredIsUncovered) {
  const WantedRanges uncovered =
      Uncovered({{"a", 30, 20}, {"b", 5, 5}, {"c", 9, 0}},
                {{"a", Covered(3, {{6, 8}, {15, 25}})}, {"d", Covered(4)}}, 100);
  EXPECT_THAT(uncovered.Lowest(100),
              testing::ElementsAre(LaneRange{"a", {4, 5}}, LaneRange{"a", {9, 14}},
                                   LaneRange{"b", {1, 5}}));
}

TEST(ComparisonTest, TakesTheLowestRangesOfEachLane) {
  const WantedRanges uncovered =
      Uncovered({{"a", 9, 9}}, {{"a", Covered(1, {{3, 3}, {5, 5}, {7, 7}})}}, 2);
  EXPECT_THAT(uncovered.Lowest(100),
              testing::ElementsAre(LaneRange{"a", {2, 2}}, LaneRange{"a", {4, 4}}));
}

TEST(ComparisonTest, AgreesWithPlainSets) {
  absl::BitGen random;
  for (int round = 0; round < 2000; ++round) {
    const int64_t head = absl::Uniform(random, 0, 30);
    const int64_t published = absl::Uniform<int64_t>(absl::IntervalClosed, random, 0, head);
    std::set<int64_t> plain;
    SequenceSet covered;
    for (int64_t i = 1; i <= 30; ++i) {
      if (!absl::Bernoulli(random, 0.7)) continue;
      plain.insert(i);
      covered.Add(i);
    }
    std::vector<Finding> findings;
    for (int64_t i = 1; i <= head; ++i) {
      if (plain.contains(i) || !absl::Bernoulli(random, 0.8)) continue;
      findings.push_back({.lane_id = "a", .range = {i, i}, .verdict = Verdict::kParked});
    }
    const std::vector<Extent> lanes = {{"a", head, published}};
    const CoveredLanes lane = {{"a", covered}};

    std::set<int64_t> uncovered;
    for (const LaneRange& part : Uncovered(lanes, lane, 1000).Lowest(1000)) {
      for (int64_t i = part.range.first; i <= part.range.last; ++i) uncovered.insert(i);
    }
    bool all = true;
    for (int64_t i = 1; i <= head; ++i) {
      ASSERT_EQ(uncovered.contains(i), i <= published && !plain.contains(i));
      const bool named = std::any_of(findings.begin(), findings.end(),
                                     [&](const Finding& f) { return f.range.first == i; });
      all = all && (plain.contains(i) || named);
    }
    ASSERT_EQ(CoversAll(lanes, lane, findings), all);
    const int64_t highest = plain.empty() ? 0 : *plain.rbegin();
    const std::vector<Finding> lost = LostHistory("tests", lanes, false, lane, {}, kNow);
    ASSERT_EQ(lost.size(), highest > head ? 1u : 0u);
    if (!lost.empty()) {
      ASSERT_EQ(lost[0].range, (SequenceRange{head + 1, highest}));
    }
  }
}

TEST(ComparisonTest, ALaneThatIsNotListedIsLostOnlyWhenEveryLaneIs) {
  const CoveredLanes covered = {{"a", Covered(7, {{9, 9}})}, {"b", Covered(0)}};
  EXPECT_THAT(LostHistory("tests", {}, /*every_lane=*/false, covered, {}, kNow), IsEmpty());
  const std::vector<Finding> lost =
      LostHistory("tests", {}, /*every_lane=*/true, covered, {}, kNow);
  ASSERT_EQ(lost.size(), 1u);
  EXPECT_EQ(lost[0].lane_id, "a");
  EXPECT_EQ(lost[0].range, (SequenceRange{1, 9}));
  EXPECT_EQ(lost[0].verdict, Verdict::kUnknown);
  EXPECT_TRUE(lost[0].covered);
}

TEST(ComparisonTest, LostHistoryThatWasAcceptedIsNamedNoMore) {
  const CoveredLanes covered = {{"a", Covered(100)}};
  SequenceSet accepted;
  accepted.Add({61, 80});
  const std::vector<Finding> lost =
      LostHistory("tests", {{"a", 60, 60}}, false, covered, {{"a", accepted}}, kNow);
  ASSERT_EQ(lost.size(), 1u);
  EXPECT_EQ(lost[0].range, (SequenceRange{81, 100}));
}

TEST(ComparisonTest, FindingsKeepTheVerdictThatIsKnown) {
  WantedRanges uncovered;
  uncovered.Add("a", {1, 10});
  const std::vector<Finding> findings = ToFindings(
      "tests", uncovered,
      {{.lane_id = "a", .range = {3, 4}, .verdict = Verdict::kParked},
       {.lane_id = "a", .range = {4, 6}, .verdict = Verdict::kTrimmed},
       {.lane_id = "a", .range = {8, 20}, .verdict = Verdict::kUnknown, .covered = true}},
      kNow);
  ASSERT_EQ(findings.size(), 4u);
  const auto is = [&](size_t i, int64_t first, int64_t last, Verdict verdict) {
    return findings[i].range == SequenceRange{first, last} && findings[i].verdict == verdict;
  };
  EXPECT_TRUE(is(0, 1, 2, Verdict::kUnanswered));
  EXPECT_TRUE(is(1, 3, 4, Verdict::kParked));
  EXPECT_TRUE(is(2, 5, 6, Verdict::kTrimmed));
  EXPECT_TRUE(is(3, 7, 10, Verdict::kUnanswered));
}

}  // namespace
}  // namespace tally::inbox
