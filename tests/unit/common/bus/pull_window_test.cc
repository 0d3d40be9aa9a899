#include "common/bus/pull_window.h"

#include <gtest/gtest.h>

#include <random>

namespace tally::bus {
namespace {

constexpr absl::Duration kStart = absl::Hours(5);
constexpr absl::Duration kExpires = absl::Seconds(5);

PullWindow MakeWindow() {
  return PullWindow({.messages = 100, .bytes = 1000, .expires = kExpires});
}

TEST(PullWindowTest, AsksForAllAtFirstAndForMoreWhenHalfIsUsed) {
  PullWindow window = MakeWindow();
  const auto first = window.Next(kStart, 0, 0);
  ASSERT_TRUE(first.has_value());
  EXPECT_EQ(first->batch, 100u);
  EXPECT_FALSE(window.Next(kStart, 0, 0).has_value());
  for (int i = 0; i < 49; ++i) window.OnDelivery();
  EXPECT_FALSE(window.Next(kStart, 0, 0).has_value());
  window.OnDelivery();
  const auto second = window.Next(kStart, 0, 0);
  ASSERT_TRUE(second.has_value());
  EXPECT_EQ(second->batch, 50u);
  EXPECT_NE(second->token, first->token);
  EXPECT_EQ(window.outstanding(), 100u);
}

TEST(PullWindowTest, WhatIsHeldCounts) {
  PullWindow window = MakeWindow();
  EXPECT_FALSE(window.Next(kStart, 51, 0).has_value());
  EXPECT_EQ(window.Next(kStart, 50, 0)->batch, 50u);
}

TEST(PullWindowTest, AsksForNothingWhileTooManyBytesAreHeld) {
  PullWindow window = MakeWindow();
  EXPECT_FALSE(window.Next(kStart, 1, 1000).has_value());
  EXPECT_TRUE(window.Next(kStart, 1, 999).has_value());
}

TEST(PullWindowTest, AnEndGivesBackWhatWasNotDelivered) {
  PullWindow window = MakeWindow();
  const uint64_t token = window.Next(kStart, 0, 0)->token;
  for (int i = 0; i < 10; ++i) window.OnDelivery();
  window.OnEnd(token, 90);
  EXPECT_EQ(window.outstanding(), 0u);
  EXPECT_EQ(window.Next(kStart, 0, 0)->batch, 100u);
}

TEST(PullWindowTest, AnEndThatSaysNoNumberLeavesWhatTheOthersMayBring) {
  PullWindow window = MakeWindow();
  const uint64_t first = window.Next(kStart, 0, 0)->token;
  for (int i = 0; i < 60; ++i) window.OnDelivery();
  const auto second = window.Next(kStart, 0, 0);
  EXPECT_EQ(second->batch, 60u);
  window.OnEnd(first, std::nullopt);
  EXPECT_EQ(window.outstanding(), 60u);
  window.OnEnd(second->token, std::nullopt);
  EXPECT_EQ(window.outstanding(), 0u);
}

TEST(PullWindowTest, TheSameEndTwiceOrOfAnUnknownRequestChangesNothing) {
  PullWindow window = MakeWindow();
  const uint64_t first = window.Next(kStart, 0, 0)->token;
  for (int i = 0; i < 50; ++i) window.OnDelivery();
  window.Next(kStart, 0, 0);
  window.OnEnd(first, 50);
  window.OnEnd(first, 50);
  window.OnEnd(999, 50);
  EXPECT_EQ(window.outstanding(), 50u);
}

TEST(PullWindowTest, ARequestIsRenewedBeforeItExpires) {
  PullWindow window = MakeWindow();
  const uint64_t first = window.Next(kStart, 0, 0)->token;
  for (int i = 0; i < 30; ++i) window.OnDelivery();
  EXPECT_FALSE(window.Next(kStart + kExpires - absl::Seconds(1.1), 0, 0).has_value());
  const auto second = window.Next(kStart + kExpires - absl::Seconds(1), 0, 0);
  ASSERT_TRUE(second.has_value());
  EXPECT_EQ(second->batch, 100u);
  window.OnEnd(first, 70);
  EXPECT_EQ(window.outstanding(), 100u);
}

TEST(PullWindowTest, PausesAndResumes) {
  PullWindow window = MakeWindow();
  window.PauseUntil(kStart + absl::Seconds(1));
  EXPECT_FALSE(window.Next(kStart, 0, 0).has_value());
  EXPECT_TRUE(window.Next(kStart + absl::Seconds(1), 0, 0).has_value());
  window.PauseUntil(kStart + absl::Hours(1));
  window.Reset();
  EXPECT_TRUE(window.Next(kStart, 0, 0).has_value());
}

TEST(PullWindowTest, AWindowOfOneWorks) {
  PullWindow window({.messages = 1, .bytes = 1000, .expires = kExpires});
  EXPECT_EQ(window.Next(kStart, 0, 0)->batch, 1u);
  EXPECT_FALSE(window.Next(kStart, 0, 0).has_value());
  window.OnDelivery();
  EXPECT_FALSE(window.Next(kStart, 1, 0).has_value());
  EXPECT_EQ(window.Next(kStart, 0, 0)->batch, 1u);
}

// A server that fulfils requests, ends some with a word and lets others expire without; whatever
// happens, never more than twice the window is on its way or held, and asking never ends for good.
TEST(PullWindowTest, NeverExceedsTheWindowTwiceAndNeverStarves) {
  struct AtServer {
    PullWindow::Request request;
    absl::Duration until;
  };
  const unsigned seed = std::random_device{}();
  SCOPED_TRACE(seed);
  std::mt19937 random(seed);
  const auto chance = [&random](int percent) { return static_cast<int>(random() % 100) < percent; };
  PullWindow window = MakeWindow();
  std::vector<AtServer> at_server;
  absl::Duration now = kStart;
  absl::Duration starving_since = now;
  size_t held = 0;
  for (int step = 0; step < 20'000; ++step) {
    if (const auto request = window.Next(now, held, 0)) {
      at_server.push_back({*request, now + kExpires});
    }
    size_t may_come = held;
    for (const auto& [request, until] : at_server) may_come += request.batch;
    ASSERT_LE(may_come, 200u) << "step " << step;
    for (auto& [request, until] : at_server) {
      if (request.batch == 0 || chance(50)) continue;
      --request.batch;
      ++held;
      window.OnDelivery();
      starving_since = now;
    }
    ASSERT_LT(now - starving_since, absl::Seconds(1)) << "step " << step;
    const bool ends_one = !at_server.empty() && chance(2);
    if (ends_one) {
      at_server.front().until = now;
      window.OnEnd(at_server.front().request.token, at_server.front().request.batch);
    }
    std::erase_if(at_server, [now](const AtServer& one) {
      return one.request.batch == 0 || one.until <= now;
    });
    if (chance(60)) held -= std::min<size_t>(held, random() % 20);
    now += absl::Milliseconds(10);
  }
}

}  // namespace
}  // namespace tally::bus
