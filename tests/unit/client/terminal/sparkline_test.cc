#include "client/terminal/sparkline.h"

#include <cstdint>
#include <limits>

#include "gtest/gtest.h"

namespace tally::client {
namespace {

TEST(SparklineTest, IsAsHighAsEachValue) {
  EXPECT_EQ(Sparkline({1, 2, 3, 4, 5, 6, 7, 8}, true), "▁▂▃▄▅▆▇█");
  EXPECT_EQ(Sparkline({80, 10}, false), "@.");
}

TEST(SparklineTest, ShowsWhatIsSmallAndLeavesNothingBlank) {
  EXPECT_EQ(Sparkline({0, 1, 1'000'000, -5}, true), " ▁█ ");
  EXPECT_EQ(Sparkline({}, true), "");
  EXPECT_EQ(Sparkline({0, 0}, false), "  ");
}

TEST(SparklineTest, DoesNotOverflow) {
  EXPECT_EQ(Sparkline({std::numeric_limits<int64_t>::max()}, true), "█");
}

}  // namespace
}  // namespace tally::client
