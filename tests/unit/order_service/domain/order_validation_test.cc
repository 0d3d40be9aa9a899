#include "order_service/domain/order_validation.h"

#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace tally::orders {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

const absl::Time kNow = absl::FromUnixSeconds(1'290'000'000);

base::Money Gbp(int64_t units, int64_t nanos = 0) {
  return *base::Money::Create("GBP", units, nanos);
}

OrderContent ValidContent() {
  OrderContent content;
  content.customer = "17850";
  content.currency = "GBP";
  content.lines = {{"85123A", "WHITE HANGING HEART T-LIGHT HOLDER", 6, Gbp(2, 550'000'000)},
                   {"71053", "WHITE METAL LANTERN", 6, Gbp(3, 390'000'000)}};
  return content;
}

std::vector<std::string> FieldsWrongIn(OrderContent content) {
  base::Violations violations;
  ValidateContent(content, kNow, violations);
  std::vector<std::string> fields;
  for (const base::Violation& violation : violations.list()) fields.push_back(violation.field);
  return fields;
}

TEST(OrderValidation, AcceptsAnOrderAndAddsUpItsTotal) {
  OrderContent content = ValidContent();
  base::Violations violations;
  ValidateContent(content, kNow, violations);
  EXPECT_THAT(violations.list(), IsEmpty());
  EXPECT_EQ(content.total, Gbp(35, 640'000'000));
}

TEST(OrderValidation, AcceptsAPriceOfZero) {
  OrderContent content = ValidContent();
  content.lines[0].unit_price = Gbp(0);
  EXPECT_THAT(FieldsWrongIn(content), IsEmpty());
}

TEST(OrderValidation, NamesEveryViolatedFieldAtOnce) {
  OrderContent content = ValidContent();
  content.customer = "";
  content.lines[0].quantity = 0;
  content.lines[1].sku = std::string(65, 'x');
  content.lines[1].unit_price = Gbp(0, 1'000'000);
  content.place_time = kNow + absl::Hours(1);
  EXPECT_THAT(FieldsWrongIn(content), ElementsAre("customer", "lines[0].quantity", "lines[1].sku",
                                                  "lines[1].unit_price", "place_time"));
}

TEST(OrderValidation, RefusesAnUnknownCurrency) {
  OrderContent content = ValidContent();
  content.currency = "ZZZ";
  EXPECT_THAT(FieldsWrongIn(content), ElementsAre("currency"));
}

TEST(OrderValidation, RefusesALineInAnotherCurrency) {
  OrderContent content = ValidContent();
  content.lines[1].unit_price = *base::Money::Create("EUR", 1, 0);
  EXPECT_THAT(FieldsWrongIn(content), ElementsAre("lines[1].unit_price.currency_code"));
}

TEST(OrderValidation, RefusesANegativePrice) {
  OrderContent content = ValidContent();
  content.lines[0].unit_price = Gbp(0, -10'000'000);
  EXPECT_THAT(FieldsWrongIn(content), ElementsAre("lines[0].unit_price"));
}

TEST(OrderValidation, HoldsEveryTextToItsLength) {
  OrderContent content = ValidContent();
  OrderLine& line = content.lines[0];
  content.customer = std::string(128, 'c');
  line.sku = std::string(64, 's');
  line.description = std::string(256, 'd');
  EXPECT_THAT(FieldsWrongIn(content), IsEmpty());
  for (std::string* text : {&content.customer, &line.sku, &line.description}) *text += 'x';
  EXPECT_THAT(FieldsWrongIn(content),
              ElementsAre("customer", "lines[0].sku", "lines[0].description"));
  for (std::string* text : {&content.customer, &line.sku, &line.description}) text->clear();
  EXPECT_THAT(FieldsWrongIn(content), ElementsAre("customer", "lines[0].sku"));
}

TEST(OrderValidation, RefusesNoLinesAndTooMany) {
  OrderContent content = ValidContent();
  content.lines.clear();
  EXPECT_THAT(FieldsWrongIn(content), ElementsAre("lines"));
  content.lines.assign(1001, ValidContent().lines[0]);
  EXPECT_THAT(FieldsWrongIn(content), ElementsAre("lines"));
  content.lines.pop_back();
  EXPECT_THAT(FieldsWrongIn(content), IsEmpty());
}

TEST(OrderValidation, TakesQuantitiesFromOneToAThousandMillion) {
  OrderContent content = ValidContent();
  content.lines[0] = {"x", "", kQuantityMax, Gbp(0)};
  EXPECT_THAT(FieldsWrongIn(content), IsEmpty());
  content.lines[0].quantity = kQuantityMax + 1;
  EXPECT_THAT(FieldsWrongIn(content), ElementsAre("lines[0].quantity"));
  content.lines[0].quantity = 0;
  EXPECT_THAT(FieldsWrongIn(content), ElementsAre("lines[0].quantity"));
}

TEST(OrderValidation, RefusesATotalThatOverflowsOrPassesTheLimit) {
  OrderContent content = ValidContent();
  content.lines[0] = {"x", "", kQuantityMax, Gbp(INT64_MAX)};
  EXPECT_THAT(FieldsWrongIn(content), ElementsAre("lines"));
  content.lines = {{"x", "", kQuantityMax, Gbp(kTotalUnitsMax / kQuantityMax)}};
  EXPECT_THAT(FieldsWrongIn(content), IsEmpty());
  content.lines.push_back({"y", "", 1, Gbp(0, 10'000'000)});
  EXPECT_THAT(FieldsWrongIn(content), ElementsAre("lines"));
}

TEST(OrderValidation, TakesPlaceTimesFrom1980ToFiveMinutesAhead) {
  OrderContent content = ValidContent();
  content.place_time = absl::FromUnixSeconds(315532800);
  EXPECT_THAT(FieldsWrongIn(content), IsEmpty());
  content.place_time = absl::FromUnixSeconds(315532799);
  EXPECT_THAT(FieldsWrongIn(content), ElementsAre("place_time"));
  content.place_time = kNow + absl::Minutes(5);
  EXPECT_THAT(FieldsWrongIn(content), IsEmpty());
  content.place_time = kNow + absl::Minutes(5) + absl::Microseconds(1);
  EXPECT_THAT(FieldsWrongIn(content), ElementsAre("place_time"));
}

TEST(OrderValidation, RequestIdsArePrintableAscii) {
  const auto valid = [](const std::string& request_id) {
    base::Violations violations;
    ValidateRequestId(request_id, violations);
    return violations.empty();
  };
  EXPECT_TRUE(valid(""));
  EXPECT_TRUE(valid("order 7/2010~"));
  EXPECT_TRUE(valid(std::string(128, 'a')));
  EXPECT_FALSE(valid(std::string(129, 'a')));
  EXPECT_FALSE(valid("tab\t"));
  EXPECT_FALSE(valid("delete\x7f"));
  EXPECT_FALSE(valid("é"));
}

}  // namespace
}  // namespace tally::orders
