#include "tests/testkit/eventually.h"

#include "absl/time/clock.h"
#include "gtest/gtest.h"

namespace tally::testkit {
namespace {

TEST(EventuallyTest, ReturnsAsSoonAsTheConditionHolds) {
  int calls = 0;
  EXPECT_TRUE(Eventually(absl::Seconds(60), [&] { return ++calls == 3; }));
  EXPECT_EQ(calls, 3);
}

TEST(EventuallyTest, GivesUpAtTheDeadline) {
  const absl::Time start = absl::Now();
  EXPECT_FALSE(Eventually(absl::Milliseconds(30), [] { return false; }));
  EXPECT_GE(absl::Now() - start, absl::Milliseconds(30));
}

TEST(EventuallyTest, AsksOnceEvenWithoutTime) {
  EXPECT_TRUE(Eventually(absl::ZeroDuration(), [] { return true; }));
}

}  // namespace
}  // namespace tally::testkit
