#include "order_service/service/list_query.h"

#include "gtest/gtest.h"
#include "tests/testkit/status_matchers.h"

namespace tally::orders {
namespace {

using testkit::StatusIs;

TEST(ListQuery, BoundsThePageSize) {
  v1::ListOrdersRequest request;
  EXPECT_EQ(ParseListQuery(request)->page_size, 50);
  request.set_page_size(5'000);
  EXPECT_EQ(ParseListQuery(request)->page_size, 1'000);
  request.set_page_size(-1);
  EXPECT_THAT(ParseListQuery(request), StatusIs(absl::StatusCode::kInvalidArgument));
}

TEST(ListQuery, RefusesAnEndBeforeTheStart) {
  v1::ListOrdersRequest request;
  request.mutable_start_time()->set_seconds(10);
  request.mutable_end_time()->set_seconds(9);
  EXPECT_THAT(ParseListQuery(request), StatusIs(absl::StatusCode::kInvalidArgument));
}

TEST(ListQuery, KnowsTwoOrders) {
  v1::ListOrdersRequest request;
  request.set_order_by("place_time desc");
  EXPECT_TRUE(ParseListQuery(request)->filter.newest_first);
  request.set_order_by("total");
  EXPECT_THAT(ParseListQuery(request), StatusIs(absl::StatusCode::kInvalidArgument));
}

}  // namespace
}  // namespace tally::orders
