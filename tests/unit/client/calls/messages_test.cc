#include "client/calls/messages.h"

#include "common/rpc/google_types.h"
#include "gtest/gtest.h"
#include "tests/testkit/status_matchers.h"

namespace tally::client {
namespace {

using absl::StatusCode;
using testing::HasSubstr;
using testkit::StatusIs;

TEST(ParseOrderLineTest, ReadsALine) {
  ASSERT_OK_AND_ASSIGN(const orders::v1::OrderLine line, ParseOrderLine("TEA:2:3.50", "GBP"));
  EXPECT_EQ(line.sku(), "TEA");
  EXPECT_EQ(line.quantity(), 2);
  EXPECT_EQ(line.unit_price().currency_code(), "GBP");
  EXPECT_EQ(line.unit_price().units(), 3);
  EXPECT_EQ(line.unit_price().nanos(), 500'000'000);
  EXPECT_EQ(line.description(), "");
}

TEST(ParseOrderLineTest, TakesEverythingAfterThePriceForTheDescription) {
  ASSERT_OK_AND_ASSIGN(const orders::v1::OrderLine line, ParseOrderLine("T:1:1:Tea: £1", "GBP"));
  EXPECT_EQ(line.description(), "Tea: £1");
}

TEST(ParseOrderLineTest, KeepsPricesExact) {
  ASSERT_OK_AND_ASSIGN(const orders::v1::OrderLine line,
                       ParseOrderLine("T:1:9007199254740993.07", "GBP"));
  EXPECT_EQ(FormatAmount(line.unit_price()), "9007199254740993.07");
}

TEST(ParseOrderLineTest, SaysWhatIsWrong) {
  EXPECT_THAT(ParseOrderLine("TEA:2", "GBP"),
              StatusIs(StatusCode::kInvalidArgument, HasSubstr("SKU:QUANTITY:PRICE")));
  EXPECT_THAT(ParseOrderLine("TEA:two:1", "GBP"),
              StatusIs(StatusCode::kInvalidArgument, HasSubstr("`two`")));
  EXPECT_THAT(ParseOrderLine("TEA:1.5:1", "GBP"), StatusIs(StatusCode::kInvalidArgument));
  EXPECT_THAT(ParseOrderLine("TEA:1:1.005", "GBP"), StatusIs(StatusCode::kInvalidArgument));
  EXPECT_THAT(ParseOrderLine("TEA:1:free", "GBP"), StatusIs(StatusCode::kInvalidArgument));
  EXPECT_THAT(ParseOrderLine("TEA:1:1", "Pounds"), StatusIs(StatusCode::kInvalidArgument));
  EXPECT_THAT(ParseOrderLine("T\xa3:1:1", "GBP"),
              StatusIs(StatusCode::kInvalidArgument, HasSubstr("UTF-8")));
}

TEST(TimestampTest, IsReadAndWrittenAsTheSameText) {
  for (const char* text : {"2010-12-01T08:26:00Z", "1969-12-31T23:59:59.999999Z"}) {
    ASSERT_OK_AND_ASSIGN(const absl::Time time, ParseRfc3339(text));
    google::protobuf::Timestamp timestamp;
    rpc::ToMessage(time, timestamp);
    EXPECT_EQ(FormatTimestamp(timestamp), text);
  }
}

TEST(TimestampTest, IsNeverInfinite) {
  EXPECT_THAT(ParseRfc3339("infinite-future"), StatusIs(StatusCode::kInvalidArgument));
  EXPECT_THAT(ParseRfc3339("2010-12-01"), StatusIs(StatusCode::kInvalidArgument));
}

TEST(ToJsonTest, ShowsZerosToo) {
  orders::v1::OrderLine line;
  line.set_sku("TEA");
  EXPECT_EQ(ToJson(line), R"({"sku":"TEA","description":"","quantity":"0"})");
}

}  // namespace
}  // namespace tally::client
