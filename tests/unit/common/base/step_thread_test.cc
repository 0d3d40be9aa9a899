#include "common/base/step_thread.h"

#include <gtest/gtest.h>
#include <pthread.h>

#include <atomic>
#include <optional>
#include <string>
#include <thread>

#include "absl/synchronization/blocking_counter.h"
#include "absl/synchronization/notification.h"
#include "absl/time/clock.h"

namespace tally::base {
namespace {

constexpr absl::Duration kDeadline = absl::Seconds(30);

TEST(StepThreadTest, RunsAgainAtOnceAfterZero) {
  absl::BlockingCounter steps(1'000);
  std::atomic<int> done = 0;
  const absl::Time start = absl::Now();
  StepThread thread("steps", [&] {
    if (done++ < 1'000) steps.DecrementCount();
    return done < 1'000 ? absl::ZeroDuration() : absl::InfiniteDuration();
  });
  steps.Wait();
  EXPECT_LT(absl::Now() - start, kDeadline);
}

// Ten waits, so that one slow moment of the machine decides nothing: without the wake-ups they take
// ten times kMaxWait.
TEST(StepThreadTest, AWakeUpDuringAStepEndsTheWaitAfterIt) {
  absl::Notification constructed;
  absl::Notification woken_ten_times;
  std::optional<StepThread> thread;
  int steps = 0;
  thread.emplace("steps", [&] {
    constructed.WaitForNotification();
    if (++steps <= 10) thread->Wake();
    if (steps == 11) woken_ten_times.Notify();
    return absl::InfiniteDuration();
  });
  const absl::Time start = absl::Now();
  constructed.Notify();
  ASSERT_TRUE(woken_ten_times.WaitForNotificationWithTimeout(kDeadline));
  EXPECT_LT(absl::Now() - start, 10 * StepThread::kMaxWait / 2);
}

TEST(StepThreadTest, RestsAtLeastForItsPaceHoweverOftenItIsWoken) {
  static constexpr absl::Duration kPace = absl::Milliseconds(20);
  absl::Notification constructed, fifth;
  std::optional<StepThread> thread;
  int steps = 0;
  thread.emplace(
      "steps",
      [&] {
        constructed.WaitForNotification();
        thread->Wake();
        if (++steps == 5) fifth.Notify();
        return absl::InfiniteDuration();
      },
      [] { return kPace; });
  const absl::Time start = absl::Now();
  constructed.Notify();
  ASSERT_TRUE(fifth.WaitForNotificationWithTimeout(kDeadline));
  EXPECT_GE(absl::Now() - start, 4 * kPace);
}

TEST(StepThreadTest, ALongPaceDoesNotHoldUpStopping) {
  absl::Notification stepped;
  StepThread thread(
      "steps",
      [&] {
        if (!stepped.HasBeenNotified()) stepped.Notify();
        return absl::InfiniteDuration();
      },
      [] { return absl::Minutes(30); });
  stepped.WaitForNotification();
  const absl::Time start = absl::Now();
  thread.Stop();
  EXPECT_LT(absl::Now() - start, kDeadline);
}

TEST(StepThreadTest, StepsEvenIfNobodyWakesIt) {
  absl::Notification third;
  int steps = 0;
  StepThread thread("steps", [&] {
    if (++steps == 3) third.Notify();
    return absl::InfiniteDuration();
  });
  EXPECT_TRUE(third.WaitForNotificationWithTimeout(kDeadline));
}

TEST(StepThreadTest, StopEndsTheWait) {
  absl::Duration stopping;
  for (int i = 0; i < 10; ++i) {
    absl::Notification stepped;
    StepThread thread("steps", [&] {
      stepped.Notify();
      return absl::InfiniteDuration();
    });
    stepped.WaitForNotification();
    const absl::Time start = absl::Now();
    thread.Stop();
    stopping += absl::Now() - start;
  }
  EXPECT_LT(stopping, 10 * StepThread::kMaxWait / 2);
}

TEST(StepThreadTest, TakesNoStepAfterStop) {
  std::atomic<int> steps = 0;
  StepThread thread("steps", [&] {
    ++steps;
    return absl::ZeroDuration();
  });
  thread.Stop();
  const int at_stop = steps;
  thread.Wake();
  thread.Stop();
  EXPECT_EQ(steps, at_stop);
}

TEST(StepThreadTest, TellsHowLongAgoTheLastStepWas) {
  absl::Notification hang;
  absl::Notification second_runs;
  int steps = 0;
  StepThread thread("steps", [&] {
    if (++steps == 2) {
      second_runs.Notify();
      hang.WaitForNotification();
    }
    return absl::ZeroDuration();
  });
  second_runs.WaitForNotification();
  const absl::Duration before = thread.SinceLastStep();
  EXPECT_GE(before, absl::ZeroDuration());
  while (thread.SinceLastStep() < before + absl::Milliseconds(5)) std::this_thread::yield();
  hang.Notify();
  while (thread.SinceLastStep() > absl::Milliseconds(5)) std::this_thread::yield();
}

TEST(StepThreadTest, NamesItsThread) {
  std::string name(16, '\0');
  absl::Notification named;
  StepThread thread("a name longer than fifteen", [&] {
    if (!named.HasBeenNotified()) {
      pthread_getname_np(pthread_self(), name.data(), name.size());
      named.Notify();
    }
    return absl::InfiniteDuration();
  });
  ASSERT_TRUE(named.WaitForNotificationWithTimeout(kDeadline));
  EXPECT_STREQ(name.c_str(), "a name longer t");
}

}  // namespace
}  // namespace tally::base
