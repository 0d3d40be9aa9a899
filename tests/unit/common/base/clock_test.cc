#include "common/base/clock.h"

#include <gtest/gtest.h>

namespace tally::base {
namespace {

TEST(ManualClockTest, MovesOnlyWhenTold) {
  const absl::Time start = absl::FromUnixSeconds(1'000);
  ManualClock clock(start);
  EXPECT_EQ(clock.Now(), start);
  clock.Advance(absl::Seconds(5));
  EXPECT_EQ(clock.Now(), start + absl::Seconds(5));
  clock.Set(start - absl::Hours(1));
  EXPECT_EQ(clock.Now(), start - absl::Hours(1));
}

TEST(SystemClockTest, TellsTheTimeOfTheMachine) {
  const absl::Time before = absl::Now();
  SystemClock clock;
  const absl::Time now = clock.Now();
  EXPECT_GE(now, before - absl::Minutes(1));
  EXPECT_LE(now, before + absl::Minutes(1));
}

}  // namespace
}  // namespace tally::base
