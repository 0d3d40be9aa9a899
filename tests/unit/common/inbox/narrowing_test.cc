#include "common/inbox/narrowing.h"

#include <gtest/gtest.h>

#include <deque>

namespace tally::inbox {
namespace {

constexpr char kLane[] = "018f0000-0000-7000-8000-000000000001";
constexpr char kOther[] = "018f0000-0000-7000-8000-000000000002";

class NarrowingTest : public testing::Test {
 protected:
  Arrival* Arrive(int64_t sequence, const std::string& lane_id = kLane) {
    Arrival& arrival = arrivals_.emplace_back();
    arrival.lane_id = lane_id;
    arrival.sequence = sequence;
    return &arrival;
  }
  std::vector<Arrival*> Arrivals(int64_t first, int64_t last) {
    std::vector<Arrival*> arrivals;
    for (int64_t sequence = first; sequence <= last; ++sequence) {
      arrivals.push_back(Arrive(sequence));
    }
    return arrivals;
  }
  static base::SequenceSet Set(std::vector<base::SequenceRange> ranges) {
    base::SequenceSet set;
    for (const base::SequenceRange range : ranges) set.Add(range);
    return set;
  }

  std::deque<Arrival> arrivals_;
};

TEST_F(NarrowingTest, WhatNobodyBeganIsTriedTogether) {
  const std::vector<Arrival*> arrivals = Arrivals(1, 100);
  const Narrowing narrowing = Narrow(arrivals, {});
  EXPECT_EQ(narrowing.parts, std::vector<std::vector<Arrival*>>{arrivals});
  EXPECT_TRUE(narrowing.alone.empty());
  EXPECT_TRUE(narrowing.settled.empty());
}

TEST_F(NarrowingTest, WhatIsCoveredOrFailedIsNotForTheHandler) {
  const std::vector<Arrival*> arrivals = Arrivals(1, 4);
  arrivals[2]->Fail(Fault::kUndecodable, absl::InvalidArgumentError("no"));
  const LaneMarks marks = {
      {kLane, {.covered = Set({{1, 2}}), .begun = {.any = Set({{1, 3}}), .alone = Set({{1, 3}})}}}};
  const Narrowing narrowing = Narrow(arrivals, marks);
  EXPECT_EQ(narrowing.settled, (std::vector<Arrival*>{arrivals[0], arrivals[1], arrivals[2]}));
  EXPECT_EQ(narrowing.parts, (std::vector<std::vector<Arrival*>>{{arrivals[3]}}));
  EXPECT_TRUE(narrowing.to_blame.empty());
}

// Each death leaves the part that was being tried; a single event must be left soon.
TEST_F(NarrowingTest, FindsOneInThousandsInFewDeaths) {
  std::vector<Arrival*> standing = Arrivals(1, 5000);
  LaneMarks marks;
  int deaths = 0;
  for (; standing.size() > 1; ++deaths) {
    const Narrowing narrowing = Narrow(standing, marks);
    standing = narrowing.alone.empty() ? narrowing.parts.back()
                                       : std::vector<Arrival*>{narrowing.alone.back()};
    marks[kLane].begun = MarkBegun(standing, standing, marks).at(kLane);
    ASSERT_LT(deaths, 10);
  }
  EXPECT_LE(deaths, 4);
  const Narrowing last = Narrow(standing, marks);
  EXPECT_EQ(last.to_blame.size(), 1u);
  EXPECT_EQ(standing[0]->fault, Fault::kUnended);
}

TEST_F(NarrowingTest, ACopyIsTriedOnce) {
  Arrival* const one = Arrive(7);
  Arrival* const copy = Arrive(7);
  const LaneMarks marks = {{kLane, {.covered = {}, .begun = {.any = Set({{7, 8}}), .alone = {}}}}};
  EXPECT_EQ(Narrow({one, copy}, marks).alone, std::vector<Arrival*>{one});
}

TEST_F(NarrowingTest, AMarkKeepsWhatOthersBeganAndForgetsWhatIsCovered) {
  const std::vector<Arrival*> mine = {Arrive(5), Arrive(6), Arrive(1, kOther)};
  const LaneMarks marks = {{kLane,
                            {.covered = Set({{1, 3}}),
                             .begun = {.any = Set({{2, 9}}), .alone = Set({{3, 5}, {8, 8}})}}}};
  const BegunLanes alone = MarkBegun(mine, {mine[1]}, marks);
  EXPECT_EQ(alone.at(kLane).any, Set({{4, 4}, {6, 9}}));
  EXPECT_EQ(alone.at(kLane).alone, Set({{4, 4}, {6, 6}, {8, 8}}));
  EXPECT_EQ(alone.at(kOther).any, base::SequenceSet());
  const BegunLanes both = MarkBegun(mine, {mine[0], mine[1]}, marks);
  EXPECT_EQ(both.at(kLane).any, Set({{4, 9}}));
  EXPECT_EQ(both.at(kLane).alone, Set({{4, 4}, {8, 8}}));
  const BegunLanes none = MarkBegun(mine, {}, marks);
  EXPECT_EQ(none.at(kLane).any, Set({{4, 4}, {7, 9}}));
  EXPECT_EQ(none.at(kLane).alone, Set({{4, 4}, {8, 8}}));
}

}  // namespace
}  // namespace tally::inbox
