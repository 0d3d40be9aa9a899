#include "order_service/service/item_keys.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/rpc/error_details.h"
#include "tests/testkit/status_matchers.h"

namespace tally::orders {
namespace {

using testing::ElementsAre;
using testing::Field;
using testing::HasSubstr;
using testkit::StatusIs;

v1::PlaceOrdersRequest With(const std::vector<std::string>& keys) {
  v1::PlaceOrdersRequest request;
  for (const std::string& key : keys) request.add_items()->set_item_key(key);
  return request;
}

void ExpectRefused(const absl::Status& status, const std::string& field) {
  EXPECT_THAT(status, StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr(field)));
  EXPECT_THAT(rpc::DetailsOf(status).violations,
              ElementsAre(Field(&base::Violation::field, field)));
}

TEST(ItemKeysTest, AKeyIsTakenUntilItsItemIsAnswered) {
  ItemKeys keys;
  EXPECT_OK(keys.Take(With({"a", "b"})));
  ExpectRefused(keys.Take(With({"c", "a"})), "items[1].item_key");
  keys.Release("a");
  EXPECT_OK(keys.Take(With({"a"})));
}

TEST(ItemKeysTest, OneRequestMayNotHoldAKeyTwice) {
  ItemKeys keys;
  ExpectRefused(keys.Take(With({"a", "b", "a"})), "items[2].item_key");
}

TEST(ItemKeysTest, OfARefusedRequestNoKeyIsTaken) {
  ItemKeys keys;
  EXPECT_OK(keys.Take(With({"taken"})));
  ExpectRefused(keys.Take(With({"a", "b", "taken", "c"})), "items[2].item_key");
  EXPECT_OK(keys.Take(With({"a", "b", "c"})));
  ExpectRefused(keys.Take(With({"taken"})), "items[0].item_key");
}

TEST(ItemKeysTest, AKeyIsOneTo128PrintableAsciiCharacters) {
  ItemKeys keys;
  EXPECT_OK(keys.Take(With({" ", "~", std::string(128, 'k')})));
  for (const std::string& wrong : {std::string(), std::string(129, 'k'), std::string("\n"),
                                   std::string("\x7f"), std::string("é"), std::string(1, '\0')}) {
    ExpectRefused(keys.Take(With({"fine", wrong})), "items[1].item_key");
  }
}

TEST(ItemKeysTest, ARequestHoldsOneTo100Items) {
  ItemKeys keys;
  ExpectRefused(keys.Take(With({})), "items");
  std::vector<std::string> hundred;
  for (int i = 0; i < 100; ++i) hundred.push_back(std::to_string(i));
  EXPECT_OK(keys.Take(With(hundred)));
  for (std::string& key : hundred) key += "again";
  hundred.push_back("one too many");
  ExpectRefused(keys.Take(With(hundred)), "items");
}

}  // namespace
}  // namespace tally::orders
