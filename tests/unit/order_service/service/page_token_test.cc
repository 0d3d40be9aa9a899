#include "order_service/service/page_token.h"

#include "gtest/gtest.h"
#include "tests/testkit/status_matchers.h"

namespace tally::orders {
namespace {

using testkit::StatusIs;

const OrderCursor kCursor = {absl::FromUnixMicros(1'291'191'960'000'001),
                             *base::Uuid::Parse("01932b5c-7a3e-7c52-9d5e-3f6a1b2c4d5e")};

TEST(PageToken, ComesBackAsItWas) {
  OrderFilter filter;
  filter.customer = "17850";
  ASSERT_OK_AND_ASSIGN(const OrderCursor cursor,
                       ParsePageToken(EncodePageToken(filter, kCursor), filter));
  EXPECT_EQ(cursor.place_time, kCursor.place_time);
  EXPECT_EQ(cursor.order_id, kCursor.order_id);
}

TEST(PageToken, BelongsToItsFilter) {
  const OrderFilter filter;
  const std::string token = EncodePageToken(filter, kCursor);
  OrderFilter by_customer, by_state, newest_first, later, earlier;
  by_customer.customer = "17850";
  by_state.state = OrderState::kPlaced;
  newest_first.newest_first = true;
  later.start_time = absl::UnixEpoch();
  earlier.end_time = absl::UnixEpoch();
  for (const OrderFilter& other : {by_customer, by_state, newest_first, later, earlier}) {
    EXPECT_THAT(ParsePageToken(token, other), StatusIs(absl::StatusCode::kInvalidArgument));
  }
}

TEST(PageToken, RefusesGarbage) {
  for (const char* token : {"", "x", "AAAA", "%%%", "L2FiYy8="}) {
    EXPECT_THAT(ParsePageToken(token, OrderFilter()), StatusIs(absl::StatusCode::kInvalidArgument))
        << token;
  }
}

}  // namespace
}  // namespace tally::orders
