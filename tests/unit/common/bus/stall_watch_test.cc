#include "common/bus/stall_watch.h"

#include <gtest/gtest.h>

namespace tally::bus {
namespace {

using Remedy = StallWatch::Remedy;

constexpr absl::Duration kStart = absl::Hours(5);
constexpr absl::Duration kStallAfter = absl::Seconds(5);
constexpr absl::Duration kStep = absl::Milliseconds(250);

// Drives the watch for `span` with a durable that says `waits`; returns the first remedy.
Remedy Drive(StallWatch& watch, absl::Duration& now, absl::Duration span, bool waits) {
  for (const absl::Duration end = now + span; now < end; now += kStep) {
    if (!watch.AskNow(now)) continue;
    if (const Remedy remedy = watch.OnState(now, waits); remedy != Remedy::kNone) return remedy;
  }
  return Remedy::kNone;
}

TEST(StallWatchTest, RemediesFollowEachOtherAndBeginAgain) {
  absl::Duration now = kStart;
  StallWatch watch(kStallAfter, now);
  for (const Remedy expected :
       {Remedy::kPull, Remedy::kSubscribe, Remedy::kReconnect, Remedy::kPull}) {
    const absl::Duration begin = now;
    EXPECT_EQ(Drive(watch, now, absl::Minutes(1), true), expected);
    EXPECT_GE(now - begin, kStallAfter);
    EXPECT_LE(now - begin, kStallAfter + absl::Seconds(1));
  }
}

TEST(StallWatchTest, ADeliveryBeginsFromTheFirstRemedy) {
  absl::Duration now = kStart;
  StallWatch watch(kStallAfter, now);
  EXPECT_EQ(Drive(watch, now, absl::Minutes(1), true), Remedy::kPull);
  watch.OnDelivery(now);
  EXPECT_EQ(Drive(watch, now, absl::Minutes(1), true), Remedy::kPull);
}

TEST(StallWatchTest, NothingWaitingIsNoStallAndIsAskedRarely) {
  absl::Duration now = kStart;
  StallWatch watch(kStallAfter, now);
  int asked = 0;
  for (; now < kStart + absl::Seconds(60); now += kStep) {
    if (!watch.AskNow(now)) continue;
    ++asked;
    EXPECT_EQ(watch.OnState(now, false), Remedy::kNone);
  }
  EXPECT_LE(asked, 12);
  EXPECT_GE(asked, 10);
}

TEST(StallWatchTest, OneAnswerIsNotEnough) {
  absl::Duration now = kStart;
  StallWatch watch(kStallAfter, now);
  now += kStallAfter;
  ASSERT_TRUE(watch.AskNow(now));
  EXPECT_EQ(watch.OnState(now, true), Remedy::kNone);
  watch.OnDelivery(now);
  now += kStep;
  EXPECT_FALSE(watch.AskNow(now));
}

TEST(StallWatchTest, AnAnswerWhileDeliveriesComeIsNoStall) {
  absl::Duration now = kStart;
  StallWatch watch(kStallAfter, now);
  watch.Suspect();
  ASSERT_TRUE(watch.AskNow(now));
  EXPECT_EQ(watch.OnState(now, true), Remedy::kNone);
  EXPECT_EQ(watch.OnState(now, true), Remedy::kNone);
}

TEST(StallWatchTest, SuspicionAsksEarlyButNotWithoutEnd) {
  absl::Duration now = kStart;
  StallWatch watch(kStallAfter, now);
  int asked = 0;
  for (int i = 0; i < 1000; ++i, now += absl::Milliseconds(1)) {
    watch.Suspect();
    if (watch.AskNow(now)) ++asked;
  }
  EXPECT_EQ(asked, 5);
}

}  // namespace
}  // namespace tally::bus
