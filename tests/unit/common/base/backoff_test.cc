#include "common/base/backoff.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

namespace tally::base {
namespace {

constexpr BackoffPolicy kPolicy{
    .initial = absl::Seconds(1), .max = absl::Minutes(10), .multiplier = 2, .jitter = 0.25};

TEST(DelayTest, GrowsByTheMultiplierUpToTheMaximum) {
  EXPECT_EQ(Delay(kPolicy, 1, 0), absl::Seconds(1));
  EXPECT_EQ(Delay(kPolicy, 2, 0), absl::Seconds(2));
  EXPECT_EQ(Delay(kPolicy, 10, 0), absl::Seconds(512));
  EXPECT_EQ(Delay(kPolicy, 11, 0), absl::Minutes(10));
}

TEST(DelayTest, JitterTakesOffUpToItsFraction) {
  EXPECT_EQ(Delay(kPolicy, 3, 0.5), absl::Milliseconds(3500));
  EXPECT_EQ(Delay(kPolicy, 3, 1), absl::Seconds(3));
}

TEST(DelayTest, HoldsForEveryAttempt) {
  for (const int attempt : {64, 1'000, 1'100, 1'000'000, std::numeric_limits<int>::max()}) {
    EXPECT_EQ(Delay(kPolicy, attempt, 0), absl::Minutes(10)) << attempt;
  }
  for (const int attempt : {0, -1, std::numeric_limits<int>::min()}) {
    EXPECT_EQ(Delay(kPolicy, attempt, 0), absl::Seconds(1)) << attempt;
  }
}

TEST(DelayTest, NeverExceedsAMaximumBelowTheInitialDelay) {
  EXPECT_EQ(Delay({.initial = absl::Seconds(5), .max = absl::Seconds(2)}, 1, 0), absl::Seconds(2));
}

TEST(DelayTest, IsZeroForAnInitialDelayOfZero) {
  EXPECT_EQ(Delay({.initial = absl::ZeroDuration()}, std::numeric_limits<int>::max(), 0.5),
            absl::ZeroDuration());
}

TEST(BackoffTest, GrowsUntilReset) {
  Backoff backoff({.initial = absl::Seconds(1), .max = absl::Seconds(3), .jitter = 0});
  EXPECT_EQ(backoff.Next(), absl::Seconds(1));
  EXPECT_EQ(backoff.Next(), absl::Seconds(2));
  EXPECT_EQ(backoff.Next(), absl::Seconds(3));
  EXPECT_EQ(backoff.attempts(), 3);
  backoff.Reset();
  EXPECT_EQ(backoff.attempts(), 0);
  EXPECT_EQ(backoff.Next(), absl::Seconds(1));
}

TEST(BackoffTest, SpreadsDelaysWithinTheJitter) {
  Backoff backoff({.initial = absl::Seconds(1), .max = absl::Seconds(1), .jitter = 0.5});
  absl::Duration least = absl::InfiniteDuration();
  absl::Duration most = absl::ZeroDuration();
  for (int i = 0; i < 1'000; ++i) {
    const absl::Duration delay = backoff.Next();
    least = std::min(least, delay);
    most = std::max(most, delay);
  }
  EXPECT_GE(least, absl::Milliseconds(500));
  EXPECT_LT(least, absl::Milliseconds(550));
  EXPECT_LE(most, absl::Seconds(1));
  EXPECT_GT(most, absl::Milliseconds(950));
}

}  // namespace
}  // namespace tally::base
