#include <vector>

#include "client/load/schedule.h"
#include "gtest/gtest.h"

namespace tally::client {
namespace {

TEST(ScheduleTest, SpreadsTheRateOverTheConnections) {
  LoadPlan plan;
  plan.rate = 100;
  plan.connections = 3;
  std::vector<absl::Duration> due;
  for (int64_t n = 0; n < 2; ++n) {
    for (int connection = 0; connection < 3; ++connection) {
      due.push_back(Schedule(plan, connection).DueAt(n));
    }
  }
  for (size_t i = 0; i < due.size(); ++i) {
    EXPECT_EQ(absl::ToInt64Microseconds(due[i]), static_cast<int64_t>(i) * 10'000);
  }
}

TEST(ScheduleTest, SharesTheCountExactly) {
  LoadPlan plan;
  plan.count = 10;
  plan.connections = 3;
  int orders = 0;
  for (int connection = 0; connection < 3; ++connection) {
    const Schedule schedule(plan, connection);
    for (int64_t n = 0; schedule.Includes(n, absl::Hours(1)); ++n) ++orders;
  }
  EXPECT_EQ(orders, 10);
}

TEST(ScheduleTest, SendsWhatWasDueInTimeEvenWhenItIsLate) {
  LoadPlan plan;
  plan.rate = 10;
  plan.duration = absl::Seconds(1);
  const Schedule schedule(plan, 0);
  EXPECT_TRUE(schedule.Includes(9, absl::Hours(1)));
  EXPECT_FALSE(schedule.Includes(10, absl::ZeroDuration()));
}

TEST(ScheduleTest, EndsAClosedLoopByTheClock) {
  LoadPlan plan;
  plan.duration = absl::Seconds(1);
  const Schedule schedule(plan, 0);
  EXPECT_TRUE(schedule.Includes(1'000'000, absl::Milliseconds(999)));
  EXPECT_FALSE(schedule.Includes(0, absl::Seconds(1)));
  EXPECT_EQ(schedule.DueAt(7), absl::ZeroDuration());
}

}  // namespace
}  // namespace tally::client
