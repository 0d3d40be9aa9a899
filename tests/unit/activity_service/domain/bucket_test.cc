#include "activity_service/domain/bucket.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <random>
#include <tuple>

#include "common/base/civil_day.h"
#include "tests/testkit/status_matchers.h"

namespace tally::activity {
namespace {

using testkit::StatusIs;

constexpr int64_t kMost = std::numeric_limits<int64_t>::max();

absl::Time Utc(const char* text) {
  absl::Time time;
  EXPECT_TRUE(absl::ParseTime(absl::RFC3339_full, text, &time, nullptr)) << text;
  return time;
}

base::Money Money(absl::string_view currency, int64_t units, int64_t nanos) {
  return base::Money::Create(currency, units, nanos).value();
}

TEST(BucketStartTest, IsTheQuarterOfAnHour) {
  EXPECT_EQ(BucketStart(Utc("2010-12-01T08:26:00Z")), Utc("2010-12-01T08:15:00Z"));
  EXPECT_EQ(BucketStart(Utc("2010-12-01T08:30:00Z")), Utc("2010-12-01T08:30:00Z"));
  EXPECT_EQ(BucketStart(Utc("2010-12-01T08:29:59.999999Z")), Utc("2010-12-01T08:15:00Z"));
}

TEST(BucketStartTest, GoesDownBeforeTheEpochToo) {
  EXPECT_EQ(BucketStart(Utc("1969-12-31T23:59:00Z")), Utc("1969-12-31T23:45:00Z"));
}

// So that each event is counted on the one day it belongs to, in every zone.
TEST(BucketStartTest, NoBucketLiesOnTwoDays) {
  const std::tuple<const char*, absl::CivilDay> days[] = {
      {"Europe/London", absl::CivilDay(2010, 3, 28)},        // 23 hours
      {"Europe/London", absl::CivilDay(2010, 10, 31)},       // 25 hours
      {"Australia/Lord_Howe", absl::CivilDay(2010, 4, 4)},   // 24.5 hours
      {"Australia/Lord_Howe", absl::CivilDay(2010, 10, 3)},  // 23.5 hours
      {"Pacific/Apia", absl::CivilDay(2011, 12, 29)},        // the next date is left out
      {"Pacific/Apia", absl::CivilDay(2011, 12, 31)},
      {"Asia/Kathmandu", absl::CivilDay(1986, 1, 1)},  // +5:30 becomes +5:45
  };
  for (const auto& [zone, day] : days) {
    const base::TimeInterval bounds = base::DayBounds(day, base::LoadTimeZone(zone).value());
    EXPECT_EQ(BucketStart(bounds.start), bounds.start) << zone << " " << day;
    EXPECT_EQ(BucketStart(bounds.end), bounds.end) << zone << " " << day;
    EXPECT_GE(BucketStart(bounds.start + absl::Microseconds(1)), bounds.start) << zone;
    EXPECT_LT(BucketStart(bounds.end - absl::Microseconds(1)), bounds.end) << zone;
  }
}

TEST(BucketTotalsTest, AgreeWithANaiveSum) {
  std::mt19937 random(20101201);
  const auto pick = [&](int from, int to) {
    return std::uniform_int_distribution<int>(from, to)(random);
  };
  const absl::Time start = Utc("2010-12-01T00:00:00Z");
  BucketTotals totals;
  // Count, and amount in 10^-9 units.
  std::map<std::tuple<int64_t, std::string, std::string>, std::pair<int64_t, int64_t>> naive;
  for (int i = 0; i < 5000; ++i) {
    const absl::Time time = start + absl::Microseconds(1) * pick(0, 7'200'000) * 1000;
    const std::string activity = pick(0, 1) == 0 ? "orders.created" : "orders.cancelled";
    const int count = pick(0, 3);
    Contribution contribution{.count = count};
    std::string currency;
    int64_t amount = 0;
    if (pick(0, 3) != 0) {
      currency = pick(0, 1) == 0 ? "GBP" : "KWD";
      amount = int64_t{pick(-1'000'000, 1'000'000)} * 1'234'567;
      contribution.amount = Money(currency, amount / 1'000'000'000, amount % 1'000'000'000);
    }
    ASSERT_OK(totals.Add(activity, time, contribution));
    const int64_t bucket = absl::ToUnixSeconds(time) / 900;
    auto& [naive_count, naive_amount] = naive[{bucket, activity, currency}];
    naive_count += count;
    naive_amount += amount;
  }
  ASSERT_EQ(totals.totals().size(), naive.size());
  for (const auto& [key, total] : totals.totals()) {
    const auto& [count, amount] =
        naive[{absl::ToUnixSeconds(key.start) / 900, key.activity, key.currency}];
    EXPECT_EQ(total.count, count);
    ASSERT_EQ(total.amount.has_value(), !key.currency.empty());
    if (!total.amount.has_value()) continue;
    EXPECT_EQ(*total.amount, Money(key.currency, amount / 1'000'000'000, amount % 1'000'000'000));
  }
}

TEST(BucketTotalsTest, KeepsNanosBelowOneUnit) {
  BucketTotals totals;
  for (int i = 0; i < 10; ++i) {
    ASSERT_OK(totals.Add("a", absl::UnixEpoch(), {.amount = Money("GBP", 0, 999'999'999)}));
  }
  EXPECT_EQ(totals.totals().begin()->second.amount, Money("GBP", 9, 999'999'990));
}

TEST(BucketTotalsTest, RefusesACountThatDoesNotFit) {
  BucketTotals totals;
  ASSERT_OK(totals.Add("a", absl::UnixEpoch(), {.count = kMost}));
  EXPECT_THAT(totals.Add("a", absl::UnixEpoch(), {}), StatusIs(absl::StatusCode::kOutOfRange));
  EXPECT_EQ(totals.totals().begin()->second.count, kMost);
}

TEST(BucketTotalsTest, RefusesAnAmountThatDoesNotFit) {
  BucketTotals totals;
  ASSERT_OK(totals.Add("a", absl::UnixEpoch(), {.amount = Money("GBP", kMost, 0)}));
  EXPECT_THAT(totals.Add("a", absl::UnixEpoch(), {.amount = Money("GBP", 1, 0)}),
              StatusIs(absl::StatusCode::kOutOfRange));
}

}  // namespace
}  // namespace tally::activity
