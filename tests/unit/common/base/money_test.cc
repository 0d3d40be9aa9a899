#include "common/base/money.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <random>

#include "absl/numeric/int128.h"
#include "tests/testkit/status_matchers.h"

namespace tally::base {
namespace {

using ::absl::StatusCode;
using ::tally::testkit::IsOkAndHolds;
using ::tally::testkit::StatusIs;

constexpr int64_t kMax = std::numeric_limits<int64_t>::max();
constexpr int64_t kMin = std::numeric_limits<int64_t>::min();

Money Of(int64_t units, int64_t nanos, absl::string_view currency = "GBP") {
  return Money::Create(currency, units, nanos).value();
}

TEST(MoneyTest, RefusesWhatBreaksTheRulesOfItsForm) {
  EXPECT_OK(Money::Create("GBP", 1, 999'999'999));
  EXPECT_OK(Money::Create("GBP", 0, -999'999'999));
  EXPECT_OK(Money::Create("QQQ", -1, -1));
  EXPECT_THAT(Money::Create("GBP", 1, -1), StatusIs(StatusCode::kInvalidArgument));
  EXPECT_THAT(Money::Create("GBP", -1, 1), StatusIs(StatusCode::kInvalidArgument));
  EXPECT_THAT(Money::Create("GBP", 0, 1'000'000'000), StatusIs(StatusCode::kInvalidArgument));
  EXPECT_THAT(Money::Create("GBP", 0, -1'000'000'000), StatusIs(StatusCode::kInvalidArgument));
  EXPECT_THAT(Money::Create("GBP", 0, kMin), StatusIs(StatusCode::kInvalidArgument));
  for (const char* currency : {"", "GB", "gbp", "GBPP", "G1P"}) {
    EXPECT_THAT(Money::Create(currency, 1, 0), StatusIs(StatusCode::kInvalidArgument)) << currency;
  }
}

TEST(MoneyTest, IsZeroOfNoCurrencyByDefault) { EXPECT_EQ(Money(), Of(0, 0, "XXX")); }

TEST(MoneyTest, TakesSumsOfColumns) {
  EXPECT_THAT(Money::FromSums("GBP", 3, 2'500'000'000), IsOkAndHolds(Of(5, 500'000'000)));
  EXPECT_THAT(Money::FromSums("GBP", 1, -250'000'000), IsOkAndHolds(Of(0, 750'000'000)));
  EXPECT_THAT(Money::FromSums("GBP", -1, 250'000'000), IsOkAndHolds(Of(0, -750'000'000)));
  EXPECT_THAT(Money::FromSums("GBP", 1, -2'250'000'000), IsOkAndHolds(Of(-1, -250'000'000)));
  EXPECT_THAT(Money::FromSums("GBP", kMax, 1'000'000'000), StatusIs(StatusCode::kOutOfRange));
  EXPECT_THAT(Money::FromSums("GBP", kMin, -1'000'000'000), StatusIs(StatusCode::kOutOfRange));
  EXPECT_THAT(Money::FromSums("gbp", 1, 1), StatusIs(StatusCode::kInvalidArgument));
}

TEST(MoneyTest, AddsAndSubtractsExactly) {
  EXPECT_THAT(Add(Of(0, 100'000'000), Of(0, 200'000'000)), IsOkAndHolds(Of(0, 300'000'000)));
  EXPECT_THAT(Add(Of(1, 900'000'000), Of(2, 200'000'000)), IsOkAndHolds(Of(4, 100'000'000)));
  EXPECT_THAT(Add(Of(1, 0), Of(0, -1)), IsOkAndHolds(Of(0, 999'999'999)));
  EXPECT_THAT(Subtract(Of(1, 0), Of(1, 10)), IsOkAndHolds(Of(0, -10)));
  EXPECT_THAT(Subtract(Of(-1, -500'000'000), Of(-2, 0)), IsOkAndHolds(Of(0, 500'000'000)));
  EXPECT_THAT(Subtract(Of(0, 0), Of(kMin, 0)), StatusIs(StatusCode::kOutOfRange));
  EXPECT_THAT(Add(Of(kMax, 999'999'999), Of(0, 1)), StatusIs(StatusCode::kOutOfRange));
  EXPECT_THAT(Add(Of(kMin, -999'999'999), Of(0, -1)), StatusIs(StatusCode::kOutOfRange));
  EXPECT_THAT(Add(Of(kMin, 0), Of(kMax, 0)), IsOkAndHolds(Of(-1, 0)));
}

TEST(MoneyTest, MultipliesExactly) {
  EXPECT_THAT(Multiply(Of(2, 550'000'000), 6), IsOkAndHolds(Of(15, 300'000'000)));
  EXPECT_THAT(Multiply(Of(2, 550'000'000), 0), IsOkAndHolds(Of(0, 0)));
  EXPECT_THAT(Multiply(Of(-2, -550'000'000), 6), IsOkAndHolds(Of(-15, -300'000'000)));
  EXPECT_THAT(Multiply(Of(0, 1), kMax), IsOkAndHolds(Of(9'223'372'036, 854'775'807)));
  EXPECT_THAT(Multiply(Of(kMax, 0), 2), StatusIs(StatusCode::kOutOfRange));
  EXPECT_THAT(Multiply(Of(kMax, 999'999'999), kMax), StatusIs(StatusCode::kOutOfRange));
  EXPECT_THAT(Multiply(Of(kMin, -999'999'999), kMin), StatusIs(StatusCode::kOutOfRange));
  EXPECT_THAT(Multiply(Of(kMin, -999'999'999), kMax), StatusIs(StatusCode::kOutOfRange));
}

TEST(MoneyTest, NeverMixesCurrencies) {
  EXPECT_THAT(Add(Of(1, 0), Of(1, 0, "USD")), StatusIs(StatusCode::kInvalidArgument));
  EXPECT_THAT(Subtract(Of(1, 0), Of(1, 0, "USD")), StatusIs(StatusCode::kInvalidArgument));
  EXPECT_NE(Of(1, 0), Of(1, 0, "USD"));
  EXPECT_FALSE(Of(1, 0) < Of(2, 0, "USD"));
  EXPECT_FALSE(Of(1, 0) >= Of(2, 0, "USD"));
}

TEST(MoneyTest, ComparesByAmount) {
  EXPECT_LT(Of(1, 5), Of(1, 6));
  EXPECT_LT(Of(0, -1), Of(0, 0));
  EXPECT_LT(Of(-2, -1), Of(-2, 0));
  EXPECT_GT(Of(2, 0), Of(1, 999'999'999));
  EXPECT_TRUE(Of(0, -1).is_negative());
  EXPECT_FALSE(Of(0, 0).is_negative());
  EXPECT_TRUE(Of(0, 0).is_zero());
  EXPECT_FALSE(Of(0, 1).is_zero());
}

TEST(MoneyTest, ReadsDecimalText) {
  EXPECT_THAT(Money::Parse("GBP", "12.30"), IsOkAndHolds(Of(12, 300'000'000)));
  EXPECT_THAT(Money::Parse("GBP", "7"), IsOkAndHolds(Of(7, 0)));
  EXPECT_THAT(Money::Parse("GBP", "-0.5"), IsOkAndHolds(Of(0, -500'000'000)));
  EXPECT_THAT(Money::Parse("GBP", "-0"), IsOkAndHolds(Of(0, 0)));
  EXPECT_THAT(Money::Parse("GBP", "1.500000000000"), IsOkAndHolds(Of(1, 500'000'000)));
  EXPECT_THAT(Money::Parse("JPY", "1200.0"), IsOkAndHolds(Of(1'200, 0, "JPY")));
  EXPECT_THAT(Money::Parse("KWD", "1.234"), IsOkAndHolds(Of(1, 234'000'000, "KWD")));
  EXPECT_THAT(Money::Parse("GBP", "-9223372036854775808.99"), IsOkAndHolds(Of(kMin, -990'000'000)));
}

TEST(MoneyTest, RefusesTextItCannotHoldExactly) {
  for (const char* text : {"", "-", ".", "1.", ".5", "+1", "1,5", "1,000", "1e3", " 1", "1 ", "--1",
                           "1.2.3", "0x1", "nan", "1.-5", "£1"}) {
    EXPECT_THAT(Money::Parse("GBP", text), StatusIs(StatusCode::kInvalidArgument)) << text;
  }
  EXPECT_THAT(Money::Parse("GBP", "0.005"), StatusIs(StatusCode::kInvalidArgument));
  EXPECT_THAT(Money::Parse("JPY", "0.5"), StatusIs(StatusCode::kInvalidArgument));
  EXPECT_THAT(Money::Parse("XXX", "1"), StatusIs(StatusCode::kInvalidArgument));
  for (const char* text : {"9223372036854775808", "-9223372036854775809", "18446744073709551616",
                           "99999999999999999999999999999999"}) {
    EXPECT_THAT(Money::Parse("GBP", text), StatusIs(StatusCode::kOutOfRange)) << text;
  }
}

TEST(MoneyTest, WritesDecimalText) {
  EXPECT_EQ(Of(12, 300'000'000).Format(), "12.30");
  EXPECT_EQ(Of(0, 0).Format(), "0.00");
  EXPECT_EQ(Of(0, -50'000'000).Format(), "-0.05");
  EXPECT_EQ(Of(1, 5'000'000).Format(), "1.005");
  EXPECT_EQ(Of(1'200, 0, "JPY").Format(), "1200");
  EXPECT_EQ(Of(1, 0, "KWD").Format(), "1.000");
  EXPECT_EQ(Of(1, 1, "QQQ").Format(), "1.000000001");
  EXPECT_EQ(Of(1, 0, "QQQ").Format(), "1");
  EXPECT_EQ(Of(kMin, -999'999'999).Format(), "-9223372036854775808.999999999");
}

TEST(MoneyTest, KnowsAmountsFinerThanTheMinorUnit) {
  EXPECT_FALSE(FinerThanMinorUnit(Of(1, 10'000'000)));
  EXPECT_TRUE(FinerThanMinorUnit(Of(1, 5'000'000)));
  EXPECT_TRUE(FinerThanMinorUnit(Of(-1, -1)));
  EXPECT_TRUE(FinerThanMinorUnit(Of(1, 100'000'000, "JPY")));
  EXPECT_FALSE(FinerThanMinorUnit(Of(1, 100'000, "CLF")));
  EXPECT_TRUE(FinerThanMinorUnit(Of(1, 10'000, "CLF")));
  EXPECT_FALSE(FinerThanMinorUnit(Of(1, 1, "QQQ")));
}

absl::int128 Total(const Money& money) {
  return absl::int128(money.units()) * 1'000'000'000 + money.nanos();
}

void ExpectExact(const absl::StatusOr<Money>& result, absl::int128 expected_nanos) {
  const absl::int128 units = expected_nanos / 1'000'000'000;
  if (units > kMax || units < kMin) {
    EXPECT_THAT(result, StatusIs(StatusCode::kOutOfRange));
  } else {
    ASSERT_OK(result);
    EXPECT_EQ(Total(*result), expected_nanos);
  }
}

// Against 128-bit integers of nanos, with amounts near zero, ordinary, and near the limits.
TEST(MoneyPropertyTest, AgreesWithWideIntegers) {
  const uint32_t seed = std::random_device()();
  SCOPED_TRACE(testing::Message() << "seed " << seed);
  std::mt19937_64 random(seed);
  const auto of_any_size = [&random] { return static_cast<int64_t>(random()) >> (random() % 64); };
  const auto any_money = [&of_any_size] {
    const int64_t units = of_any_size();
    return Money::FromSums("GBP", units, of_any_size()).value_or(Of(units, 0));
  };
  for (int i = 0; i < 20'000 && !testing::Test::HasFailure(); ++i) {
    const Money a = any_money();
    const Money b = any_money();
    const int64_t quantity = of_any_size() >> 32;
    SCOPED_TRACE(testing::Message() << a.Format() << ", " << b.Format() << ", " << quantity);
    ExpectExact(Add(a, b), Total(a) + Total(b));
    ExpectExact(Subtract(a, b), Total(a) - Total(b));
    ExpectExact(Multiply(a, quantity), Total(a) * quantity);
    EXPECT_EQ(a < b, Total(a) < Total(b));
    if (!FinerThanMinorUnit(a)) {
      EXPECT_THAT(Money::Parse("GBP", a.Format()), IsOkAndHolds(a));
    }
  }
}

}  // namespace
}  // namespace tally::base
