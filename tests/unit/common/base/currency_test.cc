#include "common/base/currency.h"

#include <gtest/gtest.h>

namespace tally::base {
namespace {

TEST(MinorUnitsTest, KnowsTheDigitsOfActiveCurrencies) {
  EXPECT_EQ(MinorUnits("GBP"), 2);
  EXPECT_EQ(MinorUnits("EUR"), 2);
  EXPECT_EQ(MinorUnits("JPY"), 0);
  EXPECT_EQ(MinorUnits("KWD"), 3);
  EXPECT_EQ(MinorUnits("CLF"), 4);
  EXPECT_EQ(MinorUnits("AED"), 2);  // First and last of the table.
  EXPECT_EQ(MinorUnits("ZWG"), 2);
}

TEST(MinorUnitsTest, KnowsNothingElse) {
  for (const char* code :
       {"", "G", "GB", "GBPX", "gbp", "Gbp", "AAA", "ZZZ", "DEM", "BGN", "XXX", "XAU"}) {
    EXPECT_EQ(MinorUnits(code), std::nullopt) << code;
  }
  EXPECT_EQ(MinorUnits(absl::string_view("GBP\0", 4)), std::nullopt);
}

}  // namespace
}  // namespace tally::base
