#include "client/audit/day_facts.h"

#include <gtest/gtest.h>

#include <string>

#include "tests/testkit/status_matchers.h"

namespace tally::client {
namespace {

OrderFacts Orders(int64_t orders, const std::string& pounds, const std::string& euros = "0") {
  OrderFacts facts{.orders = orders};
  for (const auto& [currency, text] : {std::pair("GBP", pounds), std::pair("EUR", euros)}) {
    const base::Money total = base::Money::Parse(currency, text).value();
    if (!total.is_zero()) facts.totals.emplace(currency, total);
  }
  return facts;
}

DayFacts Day(int64_t orders, const std::string& pounds) {
  return {.created = Orders(orders, pounds), .cancelled = {}};
}

TEST(DayFactsTest, AddUpPagesOfSums) {
  OrderFacts facts;
  orders::v1::DailyOrders sum;
  sum.set_orders(2);
  sum.set_currency("GBP");
  sum.mutable_total()->set_currency_code("GBP");
  sum.mutable_total()->set_units(1);
  sum.mutable_total()->set_nanos(500'000'000);
  ASSERT_OK(AddTo(facts, sum));
  ASSERT_OK(AddTo(facts, sum));
  EXPECT_EQ(facts, Orders(4, "3.00"));
}

TEST(DayFactsTest, ACurrencyWithoutValueIsNone) {
  activity::v1::DailyActivity day;
  day.set_orders_created(1);
  activity::v1::Revenue& revenue = *day.add_revenue();
  for (auto* money : {revenue.mutable_created(), revenue.mutable_cancelled()}) {
    money->set_currency_code("GBP");
  }
  ASSERT_OK_AND_ASSIGN(const DayFacts facts, FactsOf(day));
  EXPECT_EQ(facts, Day(1, "0"));
}

TEST(DayFactsTest, APennyIsADifference) {
  EXPECT_EQ(Judge(Day(3, "9.00"), Day(3, "9.00"), Day(3, "9.00")), DayVerdict::kMatches);
  EXPECT_EQ(Judge(Day(3, "9.00"), Day(3, "9.01"), Day(3, "9.00")), DayVerdict::kDiffers);
  EXPECT_EQ(Judge(Day(3, "9.00"), Day(3, "8.99"), Day(3, "9.00")), DayVerdict::kDiffers);
  EXPECT_EQ(Judge(Day(3, "9.00"), Day(4, "9.00"), Day(3, "9.00")), DayVerdict::kDiffers);
}

TEST(DayFactsTest, WhatComesMeanwhileIsNone) {
  EXPECT_EQ(Judge(Day(3, "9.00"), Day(4, "12.00"), Day(5, "15.00")), DayVerdict::kChanging);
  EXPECT_EQ(Judge(Day(3, "9.00"), Day(5, "15.00"), Day(5, "15.00")), DayVerdict::kMatches);
  EXPECT_EQ(Judge(Day(3, "9.00"), Day(4, "15.01"), Day(5, "15.00")), DayVerdict::kDiffers);
  EXPECT_EQ(Judge(Day(3, "9.00"), Day(4, "8.99"), Day(5, "15.00")), DayVerdict::kDiffers);
}

TEST(DayFactsTest, CancellationsCountToo) {
  DayFacts cancelled = Day(3, "9.00");
  cancelled.cancelled = Orders(1, "0", "2.50");
  EXPECT_EQ(Judge(cancelled, Day(3, "9.00"), cancelled), DayVerdict::kDiffers);
  EXPECT_EQ(Describe(cancelled), "orders 3, GBP 9.00; cancelled 1, EUR 2.50");
}

}  // namespace
}  // namespace tally::client
