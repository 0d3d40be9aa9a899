#include "activity_service/domain/day_totals.h"

#include <gtest/gtest.h>

#include <limits>

#include "tests/testkit/status_matchers.h"

namespace tally::activity {
namespace {

using testkit::StatusIs;

constexpr int64_t kMost = std::numeric_limits<int64_t>::max();

base::Money Money(absl::string_view currency, int64_t units) {
  return base::Money::Create(currency, units, 0).value();
}

TEST(DayTotalsTest, CountsOverAllCurrenciesAndKeepsAmountsApart) {
  DayTotals totals;
  ASSERT_OK(AddTo(totals, "orders.created", 2, Money("GBP", 10)));
  ASSERT_OK(AddTo(totals, "orders.created", 3, Money("EUR", 20)));
  ASSERT_OK(AddTo(totals, "orders.created", 1, std::nullopt));
  ASSERT_OK(AddTo(totals, "orders.created", 1, Money("GBP", 5)));
  ASSERT_EQ(totals.size(), 1u);
  const ActivityTotal& total = totals["orders.created"];
  EXPECT_EQ(total.count, 7);
  EXPECT_EQ(total.amounts, (std::map<std::string, base::Money>{{"EUR", Money("EUR", 20)},
                                                               {"GBP", Money("GBP", 15)}}));
}

TEST(DayTotalsTest, RefusesASumThatDoesNotFit) {
  DayTotals totals;
  ASSERT_OK(AddTo(totals, "a", kMost, Money("GBP", kMost)));
  EXPECT_THAT(AddTo(totals, "a", 1, std::nullopt), StatusIs(absl::StatusCode::kOutOfRange));
  EXPECT_THAT(AddTo(totals, "a", 0, Money("GBP", 1)), StatusIs(absl::StatusCode::kOutOfRange));
}

}  // namespace
}  // namespace tally::activity
