#include "common/db/turnstile.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>
#include <vector>

#include "tests/testkit/eventually.h"

namespace tally::db {
namespace {

using testing::ElementsAre;

TEST(TurnstileTest, LetsInAsManyAsItHasPlaces) {
  Turnstile turnstile(2);
  Turnstile::Pass first = turnstile.Enter(absl::ZeroDuration());
  Turnstile::Pass second = turnstile.Enter(-absl::Seconds(1));
  EXPECT_TRUE(first && second);
  EXPECT_FALSE(turnstile.Enter(absl::Milliseconds(10)));
  first.reset();
  EXPECT_TRUE(turnstile.Enter(absl::ZeroDuration()));
}

TEST(TurnstileTest, ServesThoseWhoWaitInTheOrderTheyCame) {
  Turnstile turnstile(1);
  Turnstile::Pass held = turnstile.Enter(absl::ZeroDuration());
  std::vector<int> order;  // guarded by the turnstile's only place
  std::vector<std::thread> threads;
  for (int i = 0; i < 5; ++i) {
    threads.emplace_back([&, i] {
      const Turnstile::Pass pass = turnstile.Enter(absl::Seconds(30));
      if (pass) order.push_back(i);
    });
    ASSERT_EVENTUALLY(turnstile.waiting() == i + 1, absl::Seconds(10));
  }
  held.reset();
  for (std::thread& thread : threads) thread.join();
  EXPECT_THAT(order, ElementsAre(0, 1, 2, 3, 4));
}

TEST(TurnstileTest, WhoGaveUpIsNotServed) {
  Turnstile turnstile(1);
  Turnstile::Pass held = turnstile.Enter(absl::ZeroDuration());
  EXPECT_FALSE(turnstile.Enter(absl::Milliseconds(10)));
  EXPECT_EQ(turnstile.waiting(), 0);
  held.reset();
  EXPECT_TRUE(turnstile.Enter(absl::ZeroDuration()));
}

}  // namespace
}  // namespace tally::db
