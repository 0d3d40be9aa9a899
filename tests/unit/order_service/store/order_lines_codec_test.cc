#include "order_service/store/order_lines_codec.h"

#include "gtest/gtest.h"
#include "tests/testkit/status_matchers.h"

namespace tally::orders {
namespace {

TEST(OrderLinesCodec, GivesBackWhatItTook) {
  const std::vector<OrderLine> lines = {
      {"85123A", "WHITE HANGING \"HEART\", £", 6, *base::Money::Create("GBP", 2, 550'000'000)},
      {"FREE", "", 9'000'000'000, *base::Money::Create("GBP", 0, 0)}};
  EXPECT_THAT(DecodeLines(EncodeLines(lines), "GBP"), testkit::IsOkAndHolds(lines));
}

TEST(OrderLinesCodec, ReportsDamage) {
  EXPECT_THAT(DecodeLines("\xff\xff", "GBP"), testkit::StatusIs(absl::StatusCode::kDataLoss));
}

}  // namespace
}  // namespace tally::orders
