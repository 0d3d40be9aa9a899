#include "client/terminal/watch_view.h"

#include "absl/strings/str_join.h"
#include "client/calls/utf8.h"
#include "common/rpc/google_types.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace tally::client {
namespace {

using activity::v1::Freshness;
using activity::v1::WatchDailyActivityResponse;
using testing::Contains;
using testing::HasSubstr;

void SetPounds(int64_t units, google::type::Money& money) {
  money.set_currency_code("GBP");
  money.set_units(units);
}

WatchScreen Screen() {
  WatchScreen screen;
  rpc::ToMessage(absl::CivilDay(2010, 12, 1), *screen.day.mutable_date());
  screen.day.set_time_zone("Europe/London");
  screen.day.set_orders_created(127);
  screen.day.set_orders_cancelled(2);
  screen.day.set_orders_net(125);
  activity::v1::Revenue& revenue = *screen.day.add_revenue();
  revenue.set_currency("GBP");
  SetPounds(1000, *revenue.mutable_created());
  SetPounds(50, *revenue.mutable_cancelled());
  SetPounds(950, *revenue.mutable_net());
  screen.freshness.set_completeness(Freshness::COMPLETENESS_COMPLETE);
  screen.freshness.mutable_as_of()->set_seconds(1'291'190'400);
  screen.freshness.mutable_lag()->set_nanos(500'000'000);
  screen.per_second.assign(60, 0);
  screen.per_second[58] = 4;
  screen.per_second[59] = 8;
  return screen;
}

TEST(WatchViewTest, ShowsCountsRevenueRateAndFreshness) {
  const auto lines = DrawWatch(Screen(), 200, true);
  const std::string text = absl::StrJoin(lines, "\n");
  EXPECT_EQ(lines[0], "2010-12-01 Wed, Europe/London");
  EXPECT_THAT(lines, Contains("orders           127          2     125"));
  EXPECT_THAT(lines, Contains("revenue GBP  1000.00      50.00  950.00"));
  EXPECT_THAT(text, HasSubstr("▄█  12 orders"));
  EXPECT_THAT(text, HasSubstr("Everything recorded is counted; as of 2010-12-01T08:00:00Z, 500ms"));
}

TEST(WatchViewTest, WhatWasHeardGrowsOld) {
  WatchScreen screen = Screen();
  screen.age = absl::Seconds(7);
  EXPECT_THAT(absl::StrJoin(DrawWatch(screen, 200, true), "\n"), HasSubstr("7.5s ago"));
}

TEST(WatchViewTest, SaysWhyNoMessagesCome) {
  WatchScreen screen = Screen();
  screen.trouble = "No news: UNAVAILABLE: connection refused";
  EXPECT_THAT(DrawWatch(screen, 200, true), Contains(screen.trouble));
}

TEST(WatchViewTest, NoLineIsWiderThanTheTerminal) {
  WatchScreen screen = Screen();
  screen.per_second.assign(60, 5);
  screen.trouble = "No news: UNAVAILABLE: failed to connect to all addresses; trying again";
  for (const int columns : {40, 60, 80, 120}) {
    for (const std::string& line : DrawWatch(screen, columns, true)) {
      EXPECT_LE(CharacterCount(line), columns) << line;
    }
  }
}

TEST(WatchViewTest, ALineForEachMessageWhereThereIsNoTerminal) {
  WatchDailyActivityResponse message;
  message.set_kind(WatchDailyActivityResponse::KIND_CHANGE);
  *message.mutable_freshness() = Screen().freshness;
  EXPECT_EQ(DescribeMessage(message, Screen().day),
            "change     2010-12-01 Wed  orders 127  cancelled 2  GBP 950.00  as of "
            "2010-12-01T08:00:00Z");
}

}  // namespace
}  // namespace tally::client
