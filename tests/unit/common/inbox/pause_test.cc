#include "common/inbox/pause.h"

#include <gtest/gtest.h>

namespace tally::inbox {
namespace {

const absl::Time kStart = absl::FromUnixSeconds(1'700'000'000);

TEST(PauseTest, IsOverFromTheBeginning) { EXPECT_TRUE(Pause().Over(kStart)); }

TEST(PauseTest, LastsItsLength) {
  Pause pause;
  pause.Begin(kStart, absl::Seconds(2));
  EXPECT_EQ(pause.Left(kStart), absl::Seconds(2));
  EXPECT_FALSE(pause.Over(kStart + absl::Milliseconds(1999)));
  EXPECT_TRUE(pause.Over(kStart + absl::Seconds(2)));
}

TEST(PauseTest, AClockSetBackEndsIt) {
  Pause pause;
  pause.Begin(kStart, absl::Seconds(2));
  EXPECT_TRUE(pause.Over(kStart - absl::Hours(1)));
}

}  // namespace
}  // namespace tally::inbox
