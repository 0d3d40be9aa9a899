#include "common/db/sweeper.h"

#include <gtest/gtest.h>

namespace tally::db {
namespace {

constexpr absl::Duration kEvery = absl::Seconds(30);
constexpr absl::Duration kRestMin = absl::Milliseconds(20);

class SweeperTest : public testing::Test {
 protected:
  absl::StatusOr<bool> Sweep() {
    ++sweeps_;
    clock_.Advance(takes_);
    return answer_;
  }

  base::ManualClock clock_{absl::FromUnixSeconds(1'700'000'000)};
  telemetry::Telemetry telemetry_{telemetry::LogFormat::kText, telemetry::LogLevel::kError, "test"};
  Sweeper sweeper_{{.what = "sweeping", .every = kEvery, .rest_min = kRestMin},
                   [this] { return Sweep(); },
                   clock_,
                   telemetry_};
  absl::StatusOr<bool> answer_ = false;
  absl::Duration takes_ = absl::ZeroDuration();
  int sweeps_ = 0;
};

TEST_F(SweeperTest, LooksNowAndThen) {
  EXPECT_EQ(sweeper_.Step(), kEvery);
  clock_.Advance(kEvery / 3);
  EXPECT_EQ(sweeper_.Step(), kEvery - kEvery / 3);
  EXPECT_EQ(sweeps_, 1);
  clock_.Advance(kEvery - kEvery / 3);
  EXPECT_EQ(sweeper_.Step(), kEvery);
  EXPECT_EQ(sweeps_, 2);
}

TEST_F(SweeperTest, RestsAsLongAsAStepTookWhileThereIsMore) {
  answer_ = true;
  EXPECT_EQ(sweeper_.Step(), kRestMin);
  clock_.Advance(kRestMin);
  takes_ = absl::Seconds(2);
  EXPECT_EQ(sweeper_.Step(), absl::Seconds(2));
  EXPECT_EQ(sweeps_, 2);
  clock_.Advance(absl::Seconds(2));
  takes_ = absl::Minutes(10);
  EXPECT_EQ(sweeper_.Step(), kEvery);
}

TEST_F(SweeperTest, AFailureIsTriedAgainLater) {
  answer_ = absl::UnavailableError("the database is away");
  EXPECT_EQ(sweeper_.Step(), kEvery);
  clock_.Advance(kEvery);
  answer_ = true;
  EXPECT_EQ(sweeper_.Step(), kRestMin);
}

TEST_F(SweeperTest, AClockSetBackDoesNotHoldItUp) {
  EXPECT_EQ(sweeper_.Step(), kEvery);
  clock_.Advance(-absl::Hours(1));
  clock_.Advance(kEvery);
  sweeper_.Step();
  clock_.Advance(kEvery);
  sweeper_.Step();
  EXPECT_GE(sweeps_, 2);
}

}  // namespace
}  // namespace tally::db
