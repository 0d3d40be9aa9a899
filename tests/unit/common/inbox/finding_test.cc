#include "common/inbox/finding.h"

#include <gtest/gtest.h>

#include "tests/testkit/status_matchers.h"

namespace tally::inbox {
namespace {

Finding Make(const std::string& lane_id, int64_t first, int64_t last, int64_t noticed) {
  return {.lane_id = lane_id,
          .range = {first, last},
          .source = "tests",
          .noticed = absl::FromUnixSeconds(noticed)};
}

TEST(FindingTest, VerdictsReadBackAsTheyAreWritten) {
  for (const auto verdict : {Finding::Verdict::kUnanswered, Finding::Verdict::kParked,
                             Finding::Verdict::kTrimmed, Finding::Verdict::kUnknown}) {
    EXPECT_THAT(ParseVerdict(Name(verdict)), testkit::IsOkAndHolds(verdict));
  }
  EXPECT_FALSE(ParseVerdict("lost").ok());
}

TEST(FindingTest, IsAsOldAsItsOldestPart) {
  const std::vector<Finding> before = {Make("a", 1, 10, 100), Make("a", 20, 30, 50),
                                       Make("b", 5, 9, 70)};
  std::vector<Finding> findings = {Make("a", 5, 7, 200), Make("a", 8, 25, 200),
                                   Make("a", 31, 40, 200), Make("b", 1, 4, 200),
                                   Make("b", 9, 12, 200)};
  KeepNoticeTimes(before, findings);
  EXPECT_EQ(findings[0].noticed, absl::FromUnixSeconds(100));
  EXPECT_EQ(findings[1].noticed, absl::FromUnixSeconds(50));
  EXPECT_EQ(findings[2].noticed, absl::FromUnixSeconds(200));
  EXPECT_EQ(findings[3].noticed, absl::FromUnixSeconds(200));
  EXPECT_EQ(findings[4].noticed, absl::FromUnixSeconds(70));
}

}  // namespace
}  // namespace tally::inbox
