#include "client/terminal/activity_view.h"

#include "absl/strings/str_split.h"
#include "client/calls/utf8.h"
#include "common/rpc/google_types.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace tally::client {
namespace {

using activity::v1::Freshness;
using activity::v1::ListDailyActivityResponse;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

void AddDay(ListDailyActivityResponse& activity, int day, int64_t orders, int64_t pounds,
            const std::string& currency = "GBP") {
  activity::v1::DailyActivity& daily = *activity.add_days();
  rpc::ToMessage(absl::CivilDay(2010, 12, day), *daily.mutable_date());
  daily.set_orders_created(orders);
  if (orders == 0) return;
  activity::v1::Revenue& revenue = *daily.add_revenue();
  revenue.set_currency(currency);
  revenue.mutable_net()->set_currency_code(currency);
  revenue.mutable_net()->set_units(pounds);
  revenue.mutable_net()->set_nanos(500'000'000);
}

ListDailyActivityResponse ThreeDays() {
  ListDailyActivityResponse activity;
  AddDay(activity, 1, 127, 46051);
  AddDay(activity, 2, 0, 0);
  AddDay(activity, 3, 64, 1200);
  activity.mutable_freshness()->set_completeness(Freshness::COMPLETENESS_COMPLETE);
  return activity;
}

int WidestLine(const std::string& text) {
  int width = 0;
  for (const absl::string_view line : absl::StrSplit(text, '\n')) {
    width = std::max(width, CharacterCount(line));
  }
  return width;
}

TEST(ActivityViewTest, ShowsEachDayAndTheTotal) {
  EXPECT_THAT(DescribeActivity(ThreeDays(), 52, false),
              StartsWith("day             orders  cancelled  revenue GBP\n"
                         "2010-12-01 Wed     127          0     46051.50\n"
                         "2010-12-02 Thu       0          0         0.00\n"
                         "2010-12-03 Fri      64          0      1200.50\n"
                         "total              191          0     47252.00\n"));
}

TEST(ActivityViewTest, FillsTheTerminalWithBarsBesideTheRows) {
  for (const int columns : {60, 80, 200}) {
    EXPECT_EQ(WidestLine(DescribeActivity(ThreeDays(), columns, true)), columns);
  }
}

TEST(ActivityViewTest, PutsTheChartBeneathWhereTheTerminalIsNarrow) {
  const std::string text = DescribeActivity(ThreeDays(), 50, false);
  EXPECT_THAT(text, HasSubstr("\n\n2010-12-01 Wed  ##################################\n"
                              "2010-12-03 Fri  #################\n"));
  EXPECT_LE(WidestLine(text), 50);
}

TEST(ActivityViewTest, HasAColumnForEachCurrency) {
  ListDailyActivityResponse activity = ThreeDays();
  AddDay(activity, 4, 1, 9, "EUR");
  const std::string text = DescribeActivity(activity, 80, true);
  EXPECT_THAT(text, HasSubstr("revenue EUR  revenue GBP"));
  EXPECT_THAT(text, HasSubstr("       9.50         0.00"));
}

TEST(ActivityViewTest, DoesNotShowAStaleTotalAsFinal) {
  ListDailyActivityResponse activity = ThreeDays();
  activity.mutable_freshness()->set_completeness(Freshness::COMPLETENESS_CATCHING_UP);
  activity.mutable_freshness()->set_pending_events(12);
  const std::string text = DescribeActivity(activity, 80, true);
  EXPECT_THAT(text, HasSubstr("total so far"));
  EXPECT_THAT(text, HasSubstr("NOT FINAL: events are on their way"));
  EXPECT_THAT(text, HasSubstr("12 pending"));
}

TEST(DescribeFreshnessTest, SaysHowOldItIs) {
  Freshness freshness;
  freshness.set_completeness(Freshness::COMPLETENESS_COMPLETE);
  freshness.mutable_as_of()->set_seconds(1291191960);
  freshness.mutable_lag()->set_nanos(432'100'000);
  EXPECT_EQ(DescribeFreshness(freshness),
            "Everything recorded is counted; as of 2010-12-01T08:26:00Z, 400ms ago.\n");
}

TEST(DescribeFreshnessTest, VouchesForNothingItWasNotTold) {
  EXPECT_THAT(DescribeFreshness(Freshness()), StartsWith("NOT FINAL"));
  Freshness freshness;
  freshness.set_completeness(Freshness::COMPLETENESS_UNKNOWN);
  EXPECT_THAT(DescribeFreshness(freshness), StartsWith("NOT FINAL"));
  freshness.set_completeness(Freshness::COMPLETENESS_INCOMPLETE);
  freshness.set_dead_letters(2);
  EXPECT_THAT(DescribeFreshness(freshness), StartsWith("NOT FINAL"));
  EXPECT_THAT(DescribeFreshness(freshness), HasSubstr("2 dead"));
}

}  // namespace
}  // namespace tally::client
