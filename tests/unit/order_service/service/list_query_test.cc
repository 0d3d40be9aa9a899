#include "order_service/service/list_query.h"

#include "common/rpc/error_details.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "order_service/service/page_token.h"
#include "tests/testkit/status_matchers.h"

namespace tally::orders {
namespace {

using testing::ElementsAre;
using testing::Field;
using testkit::StatusIs;

TEST(ListQuery, WithoutAFilterWantsEverything) {
  ASSERT_OK_AND_ASSIGN(const ListQuery query, ParseListQuery(v1::ListOrdersRequest()));
  EXPECT_EQ(query.filter.customer, "");
  EXPECT_EQ(query.filter.state, std::nullopt);
  EXPECT_EQ(query.filter.start_time, absl::InfinitePast());
  EXPECT_EQ(query.filter.end_time, absl::InfiniteFuture());
  EXPECT_FALSE(query.filter.newest_first);
  EXPECT_FALSE(query.after.has_value());
}

TEST(ListQuery, ReadsEveryFilter) {
  v1::ListOrdersRequest request;
  request.set_customer("17850");
  request.set_state(v1::Order::STATE_CANCELLED);
  request.mutable_start_time()->set_seconds(1'291'191'960);
  request.mutable_start_time()->set_nanos(1'999);
  request.mutable_end_time()->set_seconds(1'291'191'961);
  ASSERT_OK_AND_ASSIGN(const ListQuery query, ParseListQuery(request));
  EXPECT_EQ(query.filter.customer, "17850");
  EXPECT_EQ(query.filter.state, OrderState::kCancelled);
  EXPECT_EQ(query.filter.start_time, absl::FromUnixMicros(1'291'191'960'000'001));
  EXPECT_EQ(query.filter.end_time, absl::FromUnixSeconds(1'291'191'961));
  request.set_state(v1::Order::STATE_PLACED);
  EXPECT_EQ(ParseListQuery(request)->filter.state, OrderState::kPlaced);
}

TEST(ListQuery, GoesOnBehindThePageToken) {
  const OrderCursor last = {absl::FromUnixSeconds(1'291'191'960),
                            *base::Uuid::Parse("01932b5c-7a3e-7c52-9d5e-3f6a1b2c4d5e")};
  v1::ListOrdersRequest request;
  request.set_page_token(EncodePageToken(OrderFilter(), last));
  ASSERT_OK_AND_ASSIGN(const ListQuery query, ParseListQuery(request));
  ASSERT_TRUE(query.after.has_value());
  EXPECT_EQ(query.after->place_time, last.place_time);
  EXPECT_EQ(query.after->order_id, last.order_id);
}

TEST(ListQuery, NamesEveryViolatedField) {
  v1::ListOrdersRequest request;
  request.set_customer(std::string(129, 'c'));
  request.set_state(static_cast<v1::Order::State>(7));
  request.set_order_by("total");
  request.set_page_size(-1);
  request.set_page_token("of another list");
  const absl::Status status = ParseListQuery(request).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(rpc::DetailsOf(status).violations,
              ElementsAre(Field(&base::Violation::field, "customer"),
                          Field(&base::Violation::field, "state"),
                          Field(&base::Violation::field, "order_by"),
                          Field(&base::Violation::field, "page_size"),
                          Field(&base::Violation::field, "page_token")));
}

TEST(ListQuery, BoundsThePageSize) {
  v1::ListOrdersRequest request;
  EXPECT_EQ(ParseListQuery(request)->page_size, 50);
  request.set_page_size(1);
  EXPECT_EQ(ParseListQuery(request)->page_size, 1);
  request.set_page_size(5'000);
  EXPECT_EQ(ParseListQuery(request)->page_size, 1'000);
}

TEST(ListQuery, RefusesAnEndBeforeTheStart) {
  v1::ListOrdersRequest request;
  request.mutable_start_time()->set_seconds(10);
  request.mutable_end_time()->set_seconds(9);
  EXPECT_THAT(ParseListQuery(request), StatusIs(absl::StatusCode::kInvalidArgument));
  request.mutable_end_time()->set_seconds(10);
  EXPECT_OK(ParseListQuery(request));
}

TEST(ListQuery, KnowsTwoOrders) {
  v1::ListOrdersRequest request;
  request.set_order_by("place_time desc");
  EXPECT_TRUE(ParseListQuery(request)->filter.newest_first);
  request.set_order_by("place_time");
  EXPECT_FALSE(ParseListQuery(request)->filter.newest_first);
}

}  // namespace
}  // namespace tally::orders
