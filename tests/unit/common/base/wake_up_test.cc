#include "common/base/wake_up.h"

#include <gtest/gtest.h>

#include <thread>

namespace tally::base {
namespace {

TEST(WakeUpTest, EndsTheNextWaitWhenNobodyWaits) {
  WakeUp wake_up;
  wake_up.Set();
  wake_up.Set();
  EXPECT_TRUE(wake_up.WaitFor(absl::Minutes(5)));
  EXPECT_FALSE(wake_up.WaitFor(absl::ZeroDuration()));
}

TEST(WakeUpTest, EndsAWaitUnderWay) {
  WakeUp wake_up;
  std::jthread setter([&wake_up] { wake_up.Set(); });
  EXPECT_TRUE(wake_up.WaitFor(absl::InfiniteDuration()));
}

TEST(WakeUpTest, GivesUpAfterTheTimeout) {
  WakeUp wake_up;
  EXPECT_FALSE(wake_up.WaitFor(absl::Milliseconds(1)));
}

}  // namespace
}  // namespace tally::base
