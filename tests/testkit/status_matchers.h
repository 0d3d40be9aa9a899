#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <ostream>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

// Matchers for absl::Status and absl::StatusOr, by the names Abseil gave them later:
//   EXPECT_THAT(Uuid::Parse(text), StatusIs(absl::StatusCode::kInvalidArgument,
//   HasSubstr("UUID"))); EXPECT_THAT(set.Parse(0, "7-9"), IsOkAndHolds(expected));
//   ASSERT_OK_AND_ASSIGN(const Uuid id, Uuid::Parse(text));

#define EXPECT_OK(...) EXPECT_THAT((__VA_ARGS__), ::tally::testkit::IsOk())
#define ASSERT_OK(...) ASSERT_THAT((__VA_ARGS__), ::tally::testkit::IsOk())

#define ASSERT_OK_AND_ASSIGN(lhs, ...) \
  TALLY_ASSERT_OK_AND_ASSIGN_(TALLY_TEST_UNIQUE_(tally_status_or_, __COUNTER__), lhs, __VA_ARGS__)
#define TALLY_ASSERT_OK_AND_ASSIGN_(status_or, lhs, ...) \
  auto status_or = (__VA_ARGS__);                        \
  ASSERT_THAT(status_or, ::tally::testkit::IsOk());      \
  lhs = *std::move(status_or)
#define TALLY_TEST_UNIQUE_(prefix, id) TALLY_TEST_CONCAT_(prefix, id)
#define TALLY_TEST_CONCAT_(a, b) a##b

namespace tally::testkit {

inline const absl::Status& ToStatus(const absl::Status& status) { return status; }
template <typename T>
const absl::Status& ToStatus(const absl::StatusOr<T>& status_or) {
  return status_or.status();
}

MATCHER(IsOk, negation ? "is not OK" : "is OK") {
  *result_listener << "whose status is " << ToStatus(arg);
  return ToStatus(arg).ok();
}

MATCHER_P2(StatusIs, code, message,
           "has a status of code " + absl::StatusCodeToString(code) + " and a message that " +
               ::testing::DescribeMatcher<std::string>(message, negation)) {
  *result_listener << "whose status is " << ToStatus(arg);
  return ToStatus(arg).code() == code &&
         ::testing::ExplainMatchResult(message, std::string(ToStatus(arg).message()),
                                       result_listener);
}

inline auto StatusIs(absl::StatusCode code) { return StatusIs(code, ::testing::_); }

MATCHER_P(IsOkAndHolds, value,
          negation ? "is not OK or holds another value" : "is OK and holds the value") {
  if (!arg.ok()) {
    *result_listener << "whose status is " << arg.status();
    return false;
  }
  return ::testing::ExplainMatchResult(::testing::MatcherCast<decltype(*arg)>(value), *arg,
                                       result_listener);
}

}  // namespace tally::testkit
