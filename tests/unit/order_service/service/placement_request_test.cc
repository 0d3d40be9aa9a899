#include "order_service/service/placement_request.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tally/events/v1/order_events.pb.h"
#include "tests/testkit/status_matchers.h"

namespace tally::orders {
namespace {

using testkit::StatusIs;

const absl::Time kNow = absl::FromUnixSeconds(1'790'000'000) + absl::Nanoseconds(123'456'789);
const base::Uuid kOrderId = *base::Uuid::Parse("01932b5c-7a3e-7c52-9d5e-3f6a1b2c4d5e");
constexpr int64_t kEventBytesMax = 512 << 10;

v1::PlaceOrderRequest Request() {
  v1::PlaceOrderRequest request;
  request.set_customer("17850");
  request.set_currency("GBP");
  v1::OrderLine& line = *request.add_lines();
  line.set_sku("85123A");
  line.set_description("WHITE HANGING HEART T-LIGHT HOLDER");
  line.set_quantity(6);
  line.mutable_unit_price()->set_units(2);
  line.mutable_unit_price()->set_nanos(550'000'000);
  return request;
}

TEST(PlacementRequest, MakesTheOrderAndItsEvent) {
  ASSERT_OK_AND_ASSIGN(const PlacementRequest placement,
                       PreparePlacement(Request(), "", kOrderId, kNow, kEventBytesMax));
  const Order& order = placement.draft.order;
  EXPECT_EQ(order.order_id, kOrderId);
  EXPECT_EQ(order.customer, "17850");
  EXPECT_EQ(order.currency, "GBP");
  EXPECT_THAT(order.lines,
              testing::ElementsAre(OrderLine{"85123A", "WHITE HANGING HEART T-LIGHT HOLDER", 6,
                                             *base::Money::Create("GBP", 2, 550'000'000)}));
  EXPECT_EQ(order.total.Format(), "15.30");
  EXPECT_EQ(order.create_time, absl::FromUnixMicros(1'790'000'000'123'456));
  EXPECT_EQ(order.place_time, order.create_time);
  EXPECT_EQ(placement.event.subject, "orders.v1.created");
  EXPECT_EQ(placement.event.time, order.place_time);
  events::v1::OrderCreated event;
  ASSERT_TRUE(event.ParseFromString(placement.event.payload));
  EXPECT_EQ(event.order().order_id(), kOrderId.ToString());
  EXPECT_EQ(event.order().total().units(), 15);
  EXPECT_EQ(event.order().lines(0).unit_price().currency_code(), "GBP");
}

TEST(PlacementRequest, KeepsByWhatARepeatedCallIsRecognised) {
  v1::PlaceOrderRequest request = Request();
  request.set_request_id("r1");
  const auto prepare = [&] {
    return PreparePlacement(request, "alice", kOrderId, kNow, kEventBytesMax)->draft;
  };
  const StoredOrder draft = prepare();
  EXPECT_EQ(draft.caller, "alice");
  EXPECT_EQ(draft.request_id, "r1");
  EXPECT_EQ(draft.fingerprint, prepare().fingerprint);
  request.mutable_lines(0)->set_quantity(7);
  EXPECT_NE(draft.fingerprint, prepare().fingerprint);
}

TEST(PlacementRequest, KeepsTheTimeOfImportedHistory) {
  v1::PlaceOrderRequest request = Request();
  request.mutable_place_time()->set_seconds(1'291'191'960);
  ASSERT_OK_AND_ASSIGN(const PlacementRequest placement,
                       PreparePlacement(request, "", kOrderId, kNow, kEventBytesMax));
  EXPECT_EQ(placement.draft.order.place_time, absl::FromUnixSeconds(1'291'191'960));
  EXPECT_LT(placement.draft.order.place_time, placement.draft.order.create_time);
  EXPECT_EQ(placement.event.time, placement.draft.order.place_time);
}

TEST(PlacementRequest, RefusesWhatIsNoTimestamp) {
  v1::PlaceOrderRequest request = Request();
  request.mutable_place_time()->set_seconds(1'291'191'960);
  for (const int nanos : {-1, 1'000'000'000}) {
    request.mutable_place_time()->set_nanos(nanos);
    EXPECT_THAT(
        PreparePlacement(request, "", kOrderId, kNow, kEventBytesMax),
        StatusIs(absl::StatusCode::kInvalidArgument, testing::HasSubstr("place_time.nanos")));
  }
}

TEST(PlacementRequest, RefusesARequestIdThatIsNoText) {
  v1::PlaceOrderRequest request = Request();
  request.set_request_id("\t");
  EXPECT_THAT(PreparePlacement(request, "", kOrderId, kNow, kEventBytesMax),
              StatusIs(absl::StatusCode::kInvalidArgument, testing::HasSubstr("request_id")));
}

TEST(PlacementRequest, RefusesMoneyWhoseSignsDisagree) {
  v1::PlaceOrderRequest request = Request();
  request.mutable_lines(0)->mutable_unit_price()->set_nanos(-1);
  EXPECT_THAT(PreparePlacement(request, "", kOrderId, kNow, kEventBytesMax),
              StatusIs(absl::StatusCode::kInvalidArgument));
}

TEST(PlacementRequest, RefusesAnOrderWhoseEventCannotBePublished) {
  v1::PlaceOrderRequest request = Request();
  const v1::OrderLine line = request.lines(0);
  for (int i = 0; i < 500; ++i) *request.add_lines() = line;
  EXPECT_THAT(PreparePlacement(request, "", kOrderId, kNow, 16 << 10),
              StatusIs(absl::StatusCode::kInvalidArgument, testing::HasSubstr("lines")));
  EXPECT_OK(PreparePlacement(request, "", kOrderId, kNow, kEventBytesMax));
}

TEST(PlacementRequest, LeavesRoomForTheEventOfALaterCancellation) {
  ASSERT_OK_AND_ASSIGN(const PlacementRequest placement,
                       PreparePlacement(Request(), "", kOrderId, kNow, kEventBytesMax));
  const auto bytes = static_cast<int64_t>(placement.event.payload.size());
  EXPECT_OK(PreparePlacement(Request(), "", kOrderId, kNow, bytes + 4'096));
  EXPECT_THAT(PreparePlacement(Request(), "", kOrderId, kNow, bytes + 4'095),
              StatusIs(absl::StatusCode::kInvalidArgument));
}

}  // namespace
}  // namespace tally::orders
