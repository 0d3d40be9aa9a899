#include "common/base/status_macros.h"

#include <gtest/gtest.h>

#include <map>
#include <memory>

#include "tests/testkit/status_matchers.h"

namespace tally::base {
namespace {

using ::tally::testkit::IsOk;
using ::tally::testkit::IsOkAndHolds;
using ::tally::testkit::StatusIs;
using ::testing::HasSubstr;
using ::testing::Not;

absl::StatusOr<int> Twice(absl::StatusOr<int> number) {
  ASSIGN_OR_RETURN(const int value, number);
  int doubled = 0;
  ASSIGN_OR_RETURN(doubled, absl::StatusOr<int>(2 * value));
  return doubled;
}

absl::Status Pass(const absl::Status& status, bool& reached_end) {
  RETURN_IF_ERROR(status);
  RETURN_IF_ERROR([&]() -> absl::Status {
    RETURN_IF_ERROR(status);
    return absl::OkStatus();
  }());
  reached_end = true;
  return absl::OkStatus();
}

TEST(StatusMacrosTest, ReturnIfErrorReturnsTheErrorUnchanged) {
  bool reached_end = false;
  EXPECT_EQ(Pass(absl::AbortedError("stale"), reached_end), absl::AbortedError("stale"));
  EXPECT_FALSE(reached_end);
  EXPECT_OK(Pass(absl::OkStatus(), reached_end));
  EXPECT_TRUE(reached_end);
}

TEST(StatusMacrosTest, AssignOrReturnAssignsOrReturns) {
  EXPECT_THAT(Twice(21), IsOkAndHolds(42));
  EXPECT_THAT(Twice(absl::NotFoundError("none")), StatusIs(absl::StatusCode::kNotFound, "none"));
}

TEST(StatusMacrosTest, AssignOrReturnMovesWhatCannotBeCopied) {
  const auto unwrap = [](absl::StatusOr<std::unique_ptr<int>> box) -> absl::StatusOr<int> {
    ASSIGN_OR_RETURN(const std::unique_ptr<int> value, std::move(box));
    return *value;
  };
  EXPECT_THAT(unwrap(std::make_unique<int>(7)), IsOkAndHolds(7));
}

TEST(StatusMacrosTest, TakesCommasOfTemplates) {
  const auto size = []() -> absl::StatusOr<size_t> {
    using Map = std::map<int, int>;
    ASSIGN_OR_RETURN(const Map map, absl::StatusOr<std::map<int, int>>(Map{{1, 2}}));
    return map.size();
  };
  EXPECT_THAT(size(), IsOkAndHolds(1u));
}

TEST(StatusMatchersTest, TellStatusesApart) {
  const absl::StatusOr<int> error = absl::InternalError("it broke");
  EXPECT_THAT(error, Not(IsOk()));
  EXPECT_THAT(error, Not(IsOkAndHolds(0)));
  EXPECT_THAT(error, StatusIs(absl::StatusCode::kInternal, HasSubstr("broke")));
  EXPECT_THAT(error, Not(StatusIs(absl::StatusCode::kAborted)));
  EXPECT_THAT(error, Not(StatusIs(absl::StatusCode::kInternal, "it")));
  EXPECT_THAT(absl::StatusOr<int>(3), Not(IsOkAndHolds(4)));
  EXPECT_THAT(absl::StatusOr<int>(3), IsOkAndHolds(testing::Gt(2)));
  ASSERT_OK_AND_ASSIGN(const int value, Twice(1));
  EXPECT_EQ(value, 2);
}

}  // namespace
}  // namespace tally::base
