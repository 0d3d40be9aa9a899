#include "common/bus/definition.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tally::bus {
namespace {

using nlohmann::json;
using testing::ElementsAre;
using testing::IsEmpty;

TEST(DefinitionTest, SaysEverythingAGuaranteeRestsOn) {
  const json stream = Definition(StreamConfig{.name = "ORDERS", .subjects = {"orders.v1.>"}});
  EXPECT_EQ(stream["storage"], "file");
  EXPECT_EQ(stream["discard"], "new");
  EXPECT_EQ(stream["retention"], "limits");
  EXPECT_EQ(stream["max_age"], int64_t{72} * 3600 * 1'000'000'000);
  const json durable =
      Definition(DurableConfig{.stream = "ORDERS", .name = "activity", .description = ""});
  EXPECT_EQ(durable["ack_policy"], "explicit");
  EXPECT_EQ(durable["deliver_policy"], "all");
  EXPECT_EQ(durable["max_deliver"], -1);
}

TEST(DifferencesTest, NothingToReportWhenEqual) {
  EXPECT_THAT(Differences({{"a", 1}, {"b", "x"}}, {{"b", "x"}, {"a", 1}, {"of_no_interest", true}}),
              IsEmpty());
}

TEST(DifferencesTest, WhatTheServerLeavesOutIsEmptyOrZero) {
  EXPECT_THAT(Differences({{"a", ""}, {"b", 0}, {"c", false}, {"d", json()}, {"e", json::array()}},
                          json::object()),
              IsEmpty());
  EXPECT_THAT(Differences({{"max_deliver", -1}}, json::object()),
              ElementsAre("max_deliver: wanted -1, is not set"));
  EXPECT_THAT(Differences({{"backoff", json()}}, {{"backoff", {1000}}}),
              ElementsAre("backoff: wanted not set, is [1000]"));
}

TEST(DifferencesTest, ListsHaveNoOrder) {
  EXPECT_THAT(Differences({{"subjects", {"a", "b"}}}, {{"subjects", {"b", "a"}}}), IsEmpty());
}

TEST(DifferencesTest, DurationsAreReadable) {
  EXPECT_THAT(Differences({{"ack_wait", 5'000'000'000}}, {{"ack_wait", 30'000'000'000}}),
              ElementsAre("ack_wait: wanted 5s, is 30s"));
}

}  // namespace
}  // namespace tally::bus
