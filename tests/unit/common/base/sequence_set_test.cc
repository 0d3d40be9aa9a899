#include "common/base/sequence_set.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <random>
#include <set>

#include "tests/testkit/status_matchers.h"

namespace tally::base {
namespace {

using ::tally::testkit::IsOkAndHolds;
using ::tally::testkit::StatusIs;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr int64_t kMax = std::numeric_limits<int64_t>::max();

SequenceSet Of(int64_t through, absl::string_view ranges) {
  return SequenceSet::Parse(through, ranges).value();
}

TEST(SequenceSetTest, StartsEmpty) {
  const SequenceSet set;
  EXPECT_EQ(set.through(), 0);
  EXPECT_EQ(set.highest(), 0);
  EXPECT_EQ(set.Encode(), "");
  EXPECT_FALSE(set.Contains(1));
  EXPECT_THAT(set.Missing(3), ElementsAre(SequenceRange{1, 3}));
  EXPECT_THAT(set.Missing(0), IsEmpty());
}

TEST(SequenceSetTest, RaisesThroughWhileSequencesFollowEachOther) {
  SequenceSet set;
  for (int64_t sequence = 1; sequence <= 100; ++sequence) EXPECT_TRUE(set.Add(sequence));
  EXPECT_EQ(set.through(), 100);
  EXPECT_THAT(set.ranges(), IsEmpty());
  EXPECT_FALSE(set.Add(100));
}

TEST(SequenceSetTest, KeepsRangesAboveAGapUntilItCloses) {
  SequenceSet set(4);
  EXPECT_TRUE(set.Add(7));
  EXPECT_TRUE(set.Add(9));
  EXPECT_TRUE(set.Add(8));
  EXPECT_TRUE(set.Add(12));
  EXPECT_EQ(set.Encode(), "7-9,12");
  EXPECT_EQ(set.highest(), 12);
  EXPECT_THAT(set.Missing(14),
              ElementsAre(SequenceRange{5, 6}, SequenceRange{10, 11}, SequenceRange{13, 14}));
  EXPECT_THAT(set.Missing(10), ElementsAre(SequenceRange{5, 6}, SequenceRange{10, 10}));
  EXPECT_THAT(set.Missing(8), ElementsAre(SequenceRange{5, 6}));
  EXPECT_THAT(set.Missing(5), ElementsAre(SequenceRange{5, 5}));
  set.Add({5, 6});
  EXPECT_EQ(set, Of(9, "12"));
  set.Add({10, 20});
  EXPECT_EQ(set, Of(20, ""));
}

TEST(SequenceSetTest, AddsARangeOverSeveral) {
  SequenceSet set = Of(2, "5,8-9,12,20");
  set.Add({6, 14});
  EXPECT_EQ(set, Of(2, "5-14,20"));
  set.Add({1, 30});
  EXPECT_EQ(set, Of(30, ""));
}

TEST(SequenceSetTest, MergesAnother) {
  SequenceSet set = Of(2, "5,8");
  set.Merge(Of(3, "6-7,10"));
  EXPECT_EQ(set, Of(3, "5-8,10"));
  set.Merge(SequenceSet());
  EXPECT_EQ(set, Of(3, "5-8,10"));
}

TEST(SequenceSetTest, LeavesOutAnother) {
  SequenceSet set(5);
  set.Add({8, 12});
  SequenceSet other(2);
  other.Add({4, 9});
  SequenceSet rest;
  rest.Add(3);
  rest.Add({10, 12});
  EXPECT_EQ(set.Without(other), rest);
  EXPECT_EQ(set.Without(SequenceSet()), set);
  EXPECT_EQ(set.Without(set), SequenceSet());
}

TEST(SequenceSetTest, HoldsTheLargestSequences) {
  SequenceSet set;
  EXPECT_TRUE(set.Add(kMax));
  EXPECT_FALSE(set.Add(kMax));
  EXPECT_TRUE(set.Add(kMax - 1));
  EXPECT_EQ(set.Encode(), "9223372036854775806-9223372036854775807");
  EXPECT_THAT(SequenceSet::Parse(0, set.Encode()), IsOkAndHolds(set));
  EXPECT_THAT(set.Missing(kMax), ElementsAre(SequenceRange{1, kMax - 2}));
  set.Add({1, kMax});
  EXPECT_EQ(set.through(), kMax);
  EXPECT_THAT(set.Missing(kMax), IsEmpty());
}

TEST(SequenceSetTest, ParsesOnlyWhatItWrites) {
  for (const char* text : {"7-9,12", "7", "6-9223372036854775807"}) {
    EXPECT_EQ(Of(4, text).Encode(), text);
  }
  for (const char* text :
       {",",     "7,",    ",7",     "7-",   "-7",   "7--9", "9-7", "7-7",
        "7,8",   "7-9,9", "7-9,10", "12,7", "5",    "3",    "0",   "-1",
        "+7",    "07",    "7 ",     " 7",   "7- 9", "x",    "7;9", "9223372036854775808",
        "7-9-11"}) {
    EXPECT_THAT(SequenceSet::Parse(4, text), StatusIs(absl::StatusCode::kInvalidArgument)) << text;
  }
  EXPECT_THAT(SequenceSet::Parse(-1, ""), StatusIs(absl::StatusCode::kInvalidArgument));
  EXPECT_THAT(SequenceSet::Parse(kMax, "1"), StatusIs(absl::StatusCode::kInvalidArgument));
}

TEST(SequenceSetDeathTest, EndsTheProcessForWhatIsNoSequence) {
  SequenceSet set;
  EXPECT_DEATH(set.Add(0), "check failed");
  EXPECT_DEATH(set.Add({3, 2}), "check failed");
  EXPECT_DEATH(SequenceSet(-1), "check failed");
}

class SequenceSetPropertyTest : public testing::TestWithParam<int64_t> {
 protected:
  static constexpr int64_t kUpto = 200;

  void CheckAgainstPlainSet() {
    std::vector<SequenceRange> missing;
    for (int64_t sequence = 1; sequence <= kUpto; ++sequence) {
      const bool covered = plain_.count(sequence) > 0;
      ASSERT_EQ(set_.Contains(sequence), covered) << sequence;
      if (covered) continue;
      if (missing.empty() || missing.back().last != sequence - 1)
        missing.push_back({sequence, sequence});
      missing.back().last = sequence;
    }
    ASSERT_EQ(set_.Missing(kUpto), missing);
    ASSERT_EQ(set_.through(), missing.empty() ? kUpto : missing.front().first - 1);
    ASSERT_EQ(set_.highest(), plain_.empty() ? 0 : *plain_.rbegin());
    // Parse refuses ranges that overlap, touch or are out of order.
    ASSERT_THAT(SequenceSet::Parse(set_.through(), set_.Encode()), IsOkAndHolds(set_));
  }

  SequenceSet set_;
  std::set<int64_t> plain_;
};

TEST_P(SequenceSetPropertyTest, AgreesWithAPlainSet) {
  const uint32_t seed = std::random_device()();
  SCOPED_TRACE(testing::Message() << "seed " << seed);
  std::mt19937 random(seed);
  const auto upto = [&random](int64_t n) {
    return std::uniform_int_distribution<int64_t>(1, n)(random);
  };
  const auto any_range = [&]() -> SequenceRange {
    const int64_t first = upto(kUpto);
    return {first, std::min(first + upto(GetParam()) - 1, kUpto)};
  };
  for (int round = 0; round < 20; ++round) {
    set_ = SequenceSet();
    plain_.clear();
    for (int step = 0; step < 100; ++step) {
      SequenceSet added;
      std::set<int64_t> plain_added;
      const bool merge = upto(4) == 1;
      for (int i = merge ? 3 : 1; i > 0; --i) {
        const SequenceRange range = any_range();
        if (merge) added.Add(range);
        for (int64_t s = range.first; s <= range.last; ++s) plain_added.insert(s);
        if (merge) continue;
        if (range.first != range.last) {
          set_.Add(range);
        } else {
          ASSERT_EQ(set_.Add(range.first), plain_.count(range.first) == 0);
        }
      }
      set_.Merge(added);
      plain_.merge(plain_added);
      CheckAgainstPlainSet();
      if (HasFatalFailure()) return;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(LongestRange, SequenceSetPropertyTest, testing::Values(1, 2, 30));

}  // namespace
}  // namespace tally::base
