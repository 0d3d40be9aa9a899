#include "client/terminal/bar.h"

#include <limits>

#include "client/calls/utf8.h"
#include "gtest/gtest.h"

namespace tally::client {
namespace {

TEST(BarTest, FillsTheWidthAtTheMost) {
  EXPECT_EQ(Bar(7, 7, 4, true), "████");
  EXPECT_EQ(Bar(7, 7, 4, false), "####");
  EXPECT_EQ(Bar(9, 7, 4, false), "####");
}

TEST(BarTest, HasEighthsOfAColumn) {
  EXPECT_EQ(Bar(1, 2, 3, true), "█▌");
  EXPECT_EQ(Bar(1, 8, 1, true), "▏");
}

TEST(BarTest, ShowsEveryValueAboveZero) {
  EXPECT_EQ(Bar(1, 1'000'000, 10, true), "▏");
  EXPECT_EQ(Bar(1, 1'000'000, 10, false), "#");
}

TEST(BarTest, IsEmptyForNothing) {
  EXPECT_EQ(Bar(0, 5, 10, true), "");
  EXPECT_EQ(Bar(-3, 5, 10, true), "");
  EXPECT_EQ(Bar(0, 0, 10, true), "");
  EXPECT_EQ(Bar(3, 5, 0, true), "");
}

TEST(BarTest, DoesNotOverflow) {
  constexpr int64_t kMost = std::numeric_limits<int64_t>::max();
  EXPECT_EQ(CharacterCount(Bar(kMost, kMost, 500, true)), 500);
}

}  // namespace
}  // namespace tally::client
