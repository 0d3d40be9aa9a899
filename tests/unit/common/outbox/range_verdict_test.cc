#include "common/outbox/range_verdict.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <set>

#include "absl/random/random.h"

namespace tally::outbox {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using Kind = RangeVerdict::Kind;

constexpr int64_t kMost = std::numeric_limits<int64_t>::max();

std::vector<OutboxEvent> Events(std::initializer_list<int64_t> sequences) {
  std::vector<OutboxEvent> events;
  for (const int64_t sequence : sequences) events.push_back({.sequence = sequence});
  return events;
}

LaneStatus Lane(int64_t head, int64_t published_through, int64_t trimmed_through) {
  return {.lane_id = "lane",
          .open = true,
          .head = head,
          .published_through = published_through,
          .trimmed_through = trimmed_through};
}

TEST(RangeVerdictTest, NamesWhatBecameOfEachPart) {
  EXPECT_THAT(
      JudgeRange({1, 20}, Lane(15, 12, 4), Events({5, 6, 7, 9, 10, 11, 12, 13, 14, 15}),
                 {{.sequence = 3}, {.sequence = 6, .is_void = true, .reason = "no"}}),
      ElementsAre(RangeVerdict{{1, 2}, Kind::kTrimmed}, RangeVerdict{{3, 3}, Kind::kParked},
                  RangeVerdict{{4, 4}, Kind::kTrimmed}, RangeVerdict{{5, 5}, Kind::kEvents},
                  RangeVerdict{{6, 6}, Kind::kVoid, "no"}, RangeVerdict{{7, 7}, Kind::kEvents},
                  RangeVerdict{{8, 8}, Kind::kUnknown}, RangeVerdict{{9, 12}, Kind::kEvents},
                  RangeVerdict{{16, 20}, Kind::kUnknown}));
}

TEST(RangeVerdictTest, ALaneThatIsNotThereIsUnknown) {
  EXPECT_THAT(JudgeRange({1, kMost}, std::nullopt, {}, {}),
              ElementsAre(RangeVerdict{{1, kMost}, Kind::kUnknown}));
}

TEST(RangeVerdictTest, WhatIsNotPublishedHasNoVerdict) {
  EXPECT_THAT(JudgeRange({3, 5}, Lane(5, 2, 0), Events({3, 4, 5}), {}), IsEmpty());
}

TEST(RangeVerdictTest, EndsAtTheLastNumberThereIs) {
  EXPECT_THAT(JudgeRange({kMost - 1, kMost}, Lane(7, 7, 0), {}, {}),
              ElementsAre(RangeVerdict{{kMost - 1, kMost}, Kind::kUnknown}));
  EXPECT_THAT(JudgeRange({kMost, kMost}, Lane(7, 7, 0), {}, {}),
              ElementsAre(RangeVerdict{{kMost, kMost}, Kind::kUnknown}));
}

TEST(RangeVerdictTest, AgreesWithJudgingEachSequenceAlone) {
  absl::BitGen random;
  for (int round = 0; round < 2000; ++round) {
    const int64_t head = absl::Uniform(random, 0, 25);
    const int64_t published = absl::Uniform<int64_t>(absl::IntervalClosed, random, 0, head);
    const int64_t trimmed = absl::Uniform<int64_t>(absl::IntervalClosed, random, 0, published);
    std::set<int64_t> present;
    std::map<int64_t, bool> parked;
    for (int64_t i = 1; i <= head; ++i) {
      if (i > trimmed && absl::Bernoulli(random, 0.8)) present.insert(i);
      if (i <= published && absl::Bernoulli(random, 0.2)) parked[i] = absl::Bernoulli(random, 0.5);
    }
    const int64_t first = absl::Uniform(random, 1, 20);
    const int64_t last = first + absl::Uniform(random, 0, 15);
    std::vector<OutboxEvent> events;
    std::vector<ParkedMark> marks;
    for (const int64_t i : present) {
      if (i >= first && i <= last) events.push_back({.sequence = i});
    }
    for (const auto& [i, is_void] : parked) {
      if (i >= first && i <= last) marks.push_back({.sequence = i, .is_void = is_void});
    }

    std::map<int64_t, Kind> judged;
    int64_t before = first - 1;
    for (const RangeVerdict& verdict :
         JudgeRange({first, last}, Lane(head, published, trimmed), events, marks)) {
      ASSERT_GT(verdict.range.first, before);
      before = verdict.range.last;
      for (int64_t i = verdict.range.first; i <= verdict.range.last; ++i) judged[i] = verdict.kind;
    }
    std::map<int64_t, Kind> expected;
    for (int64_t i = first; i <= last; ++i) {
      if (parked.contains(i)) {
        expected[i] = parked[i] ? Kind::kVoid : Kind::kParked;
      } else if (i > head) {
        expected[i] = Kind::kUnknown;
      } else if (i <= published) {
        expected[i] = present.contains(i) ? Kind::kEvents
                      : i <= trimmed      ? Kind::kTrimmed
                                          : Kind::kUnknown;
      }
    }
    ASSERT_EQ(judged, expected) << "round " << round;
  }
}

}  // namespace
}  // namespace tally::outbox
