#include "client/terminal/rate_history.h"

#include <numeric>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace tally::client {
namespace {

using absl::CivilDay;
using absl::Milliseconds;
using absl::Seconds;
using testing::Each;

const CivilDay kDay(2026, 3, 1);

int64_t Sum(const std::vector<int64_t>& orders) {
  return std::accumulate(orders.begin(), orders.end(), int64_t{0});
}

TEST(RateHistoryTest, WhatWasThereBeforeIsNotNew) {
  RateHistory history;
  history.Note(kDay, 1000, Seconds(5));
  EXPECT_THAT(history.PerSecond(Seconds(5)), Each(0));
}

TEST(RateHistoryTest, AttributesOrdersToTheirSeconds) {
  RateHistory history;
  history.Note(kDay, 0, Seconds(100));
  history.Note(kDay, 3, Seconds(101));
  history.Note(kDay, 5, Seconds(101) + Milliseconds(500));
  history.Note(kDay, 12, Seconds(102));
  const std::vector<int64_t> orders = history.PerSecond(Seconds(102));
  ASSERT_EQ(orders.size(), RateHistory::kSeconds);
  EXPECT_EQ(orders[59], 7);
  EXPECT_EQ(orders[58], 5);
  EXPECT_EQ(Sum(orders), 12);
}

TEST(RateHistoryTest, SpreadsEvenlyOverTheTimeBetween) {
  RateHistory history;
  history.Note(kDay, 0, Seconds(100));
  history.Note(kDay, 25, Seconds(110));
  const std::vector<int64_t> orders = history.PerSecond(Seconds(110));
  EXPECT_EQ(Sum(orders), 25);
  for (size_t i = 50; i < 60; ++i) EXPECT_THAT(orders[i], testing::AnyOf(2, 3)) << i;
  EXPECT_EQ(orders[49], 0);
}

TEST(RateHistoryTest, ForgetsAfterAMinute) {
  RateHistory history;
  history.Note(kDay, 0, Seconds(100));
  for (int second = 101; second < 400; ++second) history.Note(kDay, second - 100, Seconds(second));
  EXPECT_EQ(Sum(history.PerSecond(Seconds(399))), 60);
  EXPECT_EQ(Sum(history.PerSecond(Seconds(429))), 30);
  EXPECT_EQ(Sum(history.PerSecond(Seconds(1000))), 0);
}

TEST(RateHistoryTest, ANewDayBeginsWithNone) {
  RateHistory history;
  history.Note(kDay, 500, Seconds(100));
  history.Note(kDay + 1, 2, Seconds(101));
  EXPECT_EQ(Sum(history.PerSecond(Seconds(101))), 2);
}

}  // namespace
}  // namespace tally::client
