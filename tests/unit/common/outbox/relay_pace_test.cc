#include "common/outbox/relay_pace.h"

#include <gtest/gtest.h>

#include "absl/time/time.h"

namespace tally::outbox {
namespace {

constexpr RelayPaceOptions kOptions = {.rest = absl::Milliseconds(2),
                                       .rest_max = absl::Milliseconds(16)};
constexpr int kMessageEvents = 256;

class RelayPaceTest : public testing::Test {
 protected:
  // As if so many events came in each of so many milliseconds.
  absl::Duration RestAfter(int64_t events_each_ms, int milliseconds) {
    for (int i = 0; i < milliseconds; ++i) {
      now_ += absl::Milliseconds(1);
      pace_.Sent(events_each_ms, now_);
    }
    return pace_.Rest();
  }

  absl::Time now_ = absl::UnixEpoch();
  RelayPace pace_{kOptions, kMessageEvents, now_};
};

TEST_F(RelayPaceTest, RestsShortlyWhereNothingComes) {
  EXPECT_EQ(pace_.Rest(), kOptions.rest);
  EXPECT_EQ(RestAfter(0, 1000), kOptions.rest);
}

TEST_F(RelayPaceTest, RestsShortlyWhereNoMessageWouldFill) {
  EXPECT_EQ(RestAfter(15, 1000), kOptions.rest);  // 15,000 a second: full after 17 ms
}

TEST_F(RelayPaceTest, RestsUntilAMessageIsFull) {
  EXPECT_NEAR(absl::ToDoubleMilliseconds(RestAfter(17, 1000)), 256 / 17.0, 0.1);
  EXPECT_NEAR(absl::ToDoubleMilliseconds(RestAfter(64, 1000)), 4, 0.1);
}

TEST_F(RelayPaceTest, RestsShortlyWhereMessagesFillSooner) {
  EXPECT_EQ(RestAfter(1000, 1000), kOptions.rest);
}

TEST_F(RelayPaceTest, TakesNoBurstAfterASilenceForARate) {
  now_ += absl::Seconds(1);
  pace_.Sent(500, now_);
  EXPECT_EQ(pace_.Rest(), kOptions.rest);
}

TEST_F(RelayPaceTest, TakesNoBurstForARate) {
  RestAfter(10, 1000);
  EXPECT_EQ(RestAfter(100, 1), kOptions.rest);
}

TEST_F(RelayPaceTest, ForgetsARateThatIsOver) {
  EXPECT_GT(RestAfter(32, 1000), kOptions.rest);
  EXPECT_EQ(RestAfter(10, 50), kOptions.rest);
}

TEST_F(RelayPaceTest, DoesNotMindAClockThatStandsStill) {
  pace_.Sent(1, now_);
  pace_.Sent(1, now_);
  EXPECT_GE(pace_.Rest(), kOptions.rest);
  EXPECT_LE(pace_.Rest(), kOptions.rest_max);
}

}  // namespace
}  // namespace tally::outbox
