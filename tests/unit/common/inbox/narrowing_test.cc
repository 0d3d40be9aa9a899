#include "common/inbox/narrowing.h"

#include <gtest/gtest.h>

#include <deque>
#include <set>
#include <utility>

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
  EXPECT_EQ(narrowing.unmarked, arrivals);
  EXPECT_TRUE(narrowing.parts.empty() && narrowing.alone.empty());
  EXPECT_TRUE(narrowing.settled.empty());
}

TEST_F(NarrowingTest, WhatIsCoveredOrFailedIsNotForTheHandler) {
  const std::vector<Arrival*> arrivals = Arrivals(1, 4);
  arrivals[2]->Fail(Fault::kUndecodable, absl::InvalidArgumentError("no"));
  const LaneMarks marks = {
      {kLane, {.covered = Set({{1, 2}}), .begun = {.any = Set({{1, 3}}), .alone = Set({{1, 3}})}}}};
  const Narrowing narrowing = Narrow(arrivals, marks);
  EXPECT_EQ(narrowing.settled, (std::vector<Arrival*>{arrivals[0], arrivals[1], arrivals[2]}));
  EXPECT_EQ(narrowing.unmarked, std::vector<Arrival*>{arrivals[3]});
  EXPECT_TRUE(narrowing.to_blame.empty());
}

// Lives and dies as a process does that applies all of these again and again.
class Deaths {
 public:
  explicit Deaths(std::set<int64_t> killers) : killers_(std::move(killers)) {}

  // How many until all are settled; `limit` at most.
  int Until(const std::vector<Arrival*>& arrivals, int limit) {
    int deaths = 0;
    while (deaths < limit && !Survives(arrivals)) ++deaths;
    return deaths;
  }
  const std::set<int64_t>& blamed() const { return blamed_; }

 private:
  bool Survives(const std::vector<Arrival*>& arrivals) {
    for (Arrival* arrival : arrivals) arrival->failure = absl::OkStatus();
    const Narrowing narrowing = Narrow(arrivals, marks_);
    for (const Arrival* arrival : narrowing.to_blame) {
      blamed_.insert(arrival->sequence);
      marks_[kLane].covered.Add(arrival->sequence);
    }
    std::vector<std::vector<Arrival*>> parts = narrowing.parts;
    for (Arrival* arrival : narrowing.alone) parts.push_back({arrival});
    if (!narrowing.unmarked.empty()) parts.push_back(narrowing.unmarked);
    for (const std::vector<Arrival*>& part : parts) {
      marks_[kLane].begun = MarkBegun(arrivals, part, marks_).at(kLane);
      for (const Arrival* arrival : part) {
        if (killers_.contains(arrival->sequence)) return false;
      }
      for (const Arrival* arrival : part) marks_[kLane].covered.Add(arrival->sequence);
    }
    return true;
  }

  const std::set<int64_t> killers_;
  std::set<int64_t> blamed_;
  LaneMarks marks_;
};

TEST_F(NarrowingTest, FindsOneInThousandsInFewDeaths) {
  Deaths deaths({4711});
  EXPECT_LE(deaths.Until(Arrivals(1, 5000), 100), 4);
  EXPECT_EQ(deaths.blamed(), std::set<int64_t>{4711});
}

TEST_F(NarrowingTest, FindsSeveralInThousandsInFewDeathsEach) {
  for (const std::set<int64_t>& killers :
       {std::set<int64_t>{1, 2}, {100, 1000}, {1, 128}, {1, 20, 400, 401, 1280}}) {
    Deaths deaths(killers);
    EXPECT_LE(deaths.Until(Arrivals(1, 1280), 100), 4 * static_cast<int>(killers.size()));
    EXPECT_EQ(deaths.blamed(), killers);
  }
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
