#include "common/base/step_thread.h"

#include <gtest/gtest.h>
#include <pthread.h>

#include <atomic>

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

TEST(StepThreadTest, StepsAfterAWakeUpThatCameDuringTheStep) {
  absl::Notification first_runs;
  absl::Notification woken;
  absl::Notification second_ran;
  int steps = 0;
  absl::Time second_time;
  absl::Time wake_time;
  StepThread thread("steps", [&] {
    if (++steps == 1) {
      first_runs.Notify();
      woken.WaitForNotification();
    } else if (steps == 2) {
      second_time = absl::Now();
      second_ran.Notify();
    }
    return absl::InfiniteDuration();
  });
  first_runs.WaitForNotification();
  thread.Wake();
  wake_time = absl::Now();
  woken.Notify();
  ASSERT_TRUE(second_ran.WaitForNotificationWithTimeout(kDeadline));
  EXPECT_LT(second_time - wake_time, StepThread::kMaxWait / 2);
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

TEST(StepThreadTest, StopsWithoutWaitingOutTheStepsWait) {
  std::atomic<int> steps = 0;
  StepThread thread("steps", [&] {
    ++steps;
    return absl::InfiniteDuration();
  });
  while (steps == 0) std::this_thread::yield();
  thread.Stop();
  thread.Stop();
  const int at_stop = steps;
  thread.Wake();
  EXPECT_EQ(steps, at_stop);
}

TEST(StepThreadTest, StopsAStepThatAlwaysWantsToRun) {
  StepThread thread("steps", [] { return absl::ZeroDuration(); });
  thread.Stop();
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
