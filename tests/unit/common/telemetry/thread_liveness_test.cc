#include "common/telemetry/thread_liveness.h"

#include <gtest/gtest.h>

#include <atomic>
#include <memory>

#include "absl/synchronization/notification.h"
#include "tests/testkit/eventually.h"
#include "tests/testkit/status_matchers.h"

namespace tally::telemetry {
namespace {

using testkit::kPatience;

TEST(ThreadLivenessTest, FailsWhileAStepHangs) {
  Health health;
  absl::Notification go_on;
  std::atomic<bool> hangs = true;
  const auto thread = std::make_shared<base::StepThread>("steps", [&] {
    if (hangs.exchange(false)) go_on.WaitForNotification();
    return absl::Milliseconds(1);
  });
  AddThreadLiveness(health, "steps", thread, absl::Seconds(2));
  EXPECT_OK(health.Live());
  EXPECT_EVENTUALLY(!health.Live().ok(), kPatience);
  EXPECT_THAT(health.Live().message(), testing::HasSubstr("steps: no step was completed for 2s"));
  go_on.Notify();
  EXPECT_EVENTUALLY(health.Live().ok(), kPatience);
}

TEST(ThreadLivenessTest, AThreadThatIsGoneIsNotMissed) {
  Health health;
  auto thread = std::make_shared<base::StepThread>("steps", [] { return absl::Seconds(1); });
  AddThreadLiveness(health, "steps", thread, absl::ZeroDuration());
  EXPECT_FALSE(health.Live().ok());
  thread->Stop();
  thread.reset();
  EXPECT_OK(health.Live());
}

}  // namespace
}  // namespace tally::telemetry
