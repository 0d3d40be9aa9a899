#include "common/inbox/wanted_ranges.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "absl/random/random.h"

namespace tally::inbox {
namespace {

using base::SequenceRange;
using testing::ElementsAre;

TEST(WantedRangesTest, GivesTheLowestFirst) {
  WantedRanges wanted;
  wanted.Add("b", {1, 5});
  wanted.Add("a", {7, 9});
  wanted.Add("a", {1, 2});
  EXPECT_THAT(wanted.Lowest(2), ElementsAre(LaneRange{"a", {1, 2}}, LaneRange{"a", {7, 9}}));
  EXPECT_EQ(wanted.ranges(), 3u);
  EXPECT_EQ(wanted.events(), 10);
}

TEST(WantedRangesTest, AgreesWithAPlainSet) {
  absl::BitGen random;
  WantedRanges wanted;
  std::set<std::pair<std::string, int64_t>> plain;
  for (int round = 0; round < 5000; ++round) {
    const std::string lane_id = absl::Bernoulli(random, 0.5) ? "a" : "b";
    const int64_t first = absl::Uniform(random, 1, 60);
    const SequenceRange range = {first, first + absl::Uniform(random, 0, 12)};
    const bool add = absl::Bernoulli(random, 0.5);
    if (add) {
      wanted.Add(lane_id, range);
    } else {
      wanted.Remove(lane_id, range);
    }
    for (int64_t i = range.first; i <= range.last; ++i) {
      if (add) {
        plain.emplace(lane_id, i);
      } else {
        plain.erase({lane_id, i});
      }
    }
    std::set<std::pair<std::string, int64_t>> found;
    for (const LaneRange& part : wanted.Lowest(1000)) {
      ASSERT_LE(part.range.first, part.range.last);
      for (int64_t i = part.range.first; i <= part.range.last; ++i) {
        ASSERT_TRUE(found.emplace(part.lane_id, i).second);
      }
    }
    ASSERT_EQ(found, plain) << "round " << round;
    ASSERT_EQ(wanted.empty(), plain.empty());
    const SequenceRange window = {20, 40};
    int64_t within = 0;
    for (const SequenceRange part : wanted.Within("a", window))
      within += part.last - part.first + 1;
    int64_t expected = 0;
    for (int64_t i = window.first; i <= window.last; ++i) expected += plain.contains({"a", i});
    ASSERT_EQ(within, expected);
  }
}

}  // namespace
}  // namespace tally::inbox
