#pragma once

#include <functional>

#include "absl/time/time.h"
#include "gtest/gtest.h"

namespace tally::testkit {

// How long to wait for what is bound to happen: far longer than it takes, wherever tests run.
inline constexpr absl::Duration kPatience = absl::Minutes(1);

// Calls `condition` until it is true or `timeout` has passed; true if it became true. The condition
// is called at least once, and once more when the time is over, so that a test thread that got no
// processor does not fail for it.
bool Eventually(absl::Duration timeout, const std::function<bool()>& condition);

}  // namespace tally::testkit

// Waits until the expression is true and fails, naming it, if it is not within the timeout.
#define EXPECT_EVENTUALLY(condition, timeout)                                                \
  EXPECT_TRUE(                                                                               \
      ::tally::testkit::Eventually((timeout), [&] { return static_cast<bool>(condition); })) \
      << "still false after " << absl::FormatDuration(timeout) << ": " #condition "\n"
#define ASSERT_EVENTUALLY(condition, timeout)                                                \
  ASSERT_TRUE(                                                                               \
      ::tally::testkit::Eventually((timeout), [&] { return static_cast<bool>(condition); })) \
      << "still false after " << absl::FormatDuration(timeout) << ": " #condition "\n"
