#include "common/inbox/bisection.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <iostream>
#include <random>
#include <set>

namespace tally::inbox {
namespace {

struct Found {
  std::set<size_t> bad;   // failed alone
  std::set<size_t> good;  // in a part that succeeded
  int attempts = 0;
  bool events_are_to_blame = false;
};

Found Search(size_t count, const std::function<bool(size_t)>& is_bad, Fault fault = Fault::kEvent) {
  Bisection bisection(count);
  Found found;
  while (const auto part = bisection.Next()) {
    ++found.attempts;
    EXPECT_FALSE(part->empty());
    EXPECT_TRUE(std::is_sorted(part->begin(), part->end()));
    if (std::none_of(part->begin(), part->end(), is_bad)) {
      bisection.Succeeded(/*applied=*/true);
      for (const size_t index : *part) EXPECT_TRUE(found.good.insert(index).second);
    } else {
      bisection.Failed(fault);
      if (part->size() == 1) found.bad.insert(part->front());
    }
  }
  found.events_are_to_blame = bisection.EventsAreToBlame();
  return found;
}

TEST(BisectionTest, FindsOneBadInAThousandInLogarithmicallyManyAttempts) {
  for (const size_t poison : {0, 1, 62, 63, 64, 500, 998, 999}) {
    const Found found = Search(1000, [&](size_t i) { return i == poison; });
    EXPECT_EQ(found.bad, std::set<size_t>{poison});
    EXPECT_EQ(found.good.size(), 999u);
    EXPECT_LE(found.attempts, 22);
    EXPECT_TRUE(found.events_are_to_blame);
  }
}

TEST(BisectionTest, TellsGoodFromBadInAnyMixture) {
  const auto seed = std::random_device()();
  std::cout << "seed " << seed << std::endl;
  std::mt19937 random(seed);
  for (int round = 0; round < 500; ++round) {
    const size_t count = 1 + random() % 200;
    std::set<size_t> bad;
    for (size_t n = random() % 15; n > 0; --n) bad.insert(random() % count);
    const Found found = Search(count, [&](size_t i) { return bad.contains(i); });
    EXPECT_EQ(found.bad, bad);
    EXPECT_EQ(found.good.size(), count - bad.size());
    EXPECT_EQ(found.events_are_to_blame, bad.size() < count || count == 1);
  }
}

TEST(BisectionTest, GivesUpAfterASampleWhenEverythingFails) {
  const Found found = Search(2000, [](size_t) { return true; });
  EXPECT_EQ(found.attempts, static_cast<int>(Bisection::kSample));
  EXPECT_FALSE(found.events_are_to_blame);
}

TEST(BisectionTest, ABatchOfTwoThatFailsIsNotTheEventsFault) {
  EXPECT_FALSE(Search(2, [](size_t) { return true; }).events_are_to_blame);
}

TEST(BisectionTest, AllEventsOfALoneMessageMayBeToBlame) {
  for (const Fault fault : {Fault::kEvent, Fault::kUnclear}) {
    Bisection bisection(100, Bisection::Parts::kHalves, /*one_message=*/true);
    std::set<size_t> alone;
    while (const auto part = bisection.Next()) {
      if (part->size() == 1) alone.insert(part->front());
      bisection.Failed(fault);
    }
    EXPECT_EQ(alone.size(), 100u);
    EXPECT_EQ(bisection.EventsAreToBlame(), fault == Fault::kEvent);
  }
}

TEST(BisectionTest, ALoneEventThatFailsIsToBlame) {
  EXPECT_TRUE(Search(1, [](size_t) { return true; }).events_are_to_blame);
}

TEST(BisectionTest, ALoneEventWithAnUnclearErrorIsNotToBlame) {
  EXPECT_FALSE(Search(
                   1, [](size_t) { return true; }, Fault::kUnclear)
                   .events_are_to_blame);
  EXPECT_TRUE(Search(
                  3, [](size_t i) { return i == 1; }, Fault::kUnclear)
                  .events_are_to_blame);
}

TEST(BisectionTest, WhatCannotBeDecodedIsToBlameHoweverMany) {
  const Found found = Search(
      100, [](size_t) { return true; }, Fault::kUndecodable);
  EXPECT_EQ(found.bad.size(), 100u);
  EXPECT_TRUE(found.events_are_to_blame);
}

TEST(BisectionTest, SuccessWithNothingToApplyProvesNothing) {
  Bisection bisection(3);
  ASSERT_TRUE(bisection.Next().has_value());
  bisection.Succeeded(/*applied=*/false);
  while (bisection.Next().has_value()) bisection.Failed(Fault::kEvent);
  EXPECT_FALSE(bisection.EventsAreToBlame());
}

TEST(BisectionTest, WhereNoTwoMayBeTriedTogetherAllAreTriedAlone) {
  Bisection bisection(100, Bisection::Parts::kAlone);
  size_t next = 0;
  while (const auto part = bisection.Next()) {
    EXPECT_EQ(*part, std::vector<size_t>{next});
    next++ == 50 ? bisection.Failed(Fault::kEvent) : bisection.Succeeded(/*applied=*/true);
  }
  EXPECT_EQ(next, 100u);
  EXPECT_TRUE(bisection.EventsAreToBlame());
}

TEST(BisectionTest, AnUnclearErrorIsTheEventsWhereOthersSucceededJustBefore) {
  Bisection bisection(40);
  bisection.OthersSucceeded();
  size_t attempts = 0;
  while (bisection.Next().has_value()) {
    bisection.Failed(Fault::kUnclear);
    ++attempts;
  }
  EXPECT_GE(attempts, 40u) << "each has failed alone";
  EXPECT_TRUE(bisection.EventsAreToBlame());
}

}  // namespace
}  // namespace tally::inbox
