#include "order_service/service/order_messages.h"

#include <google/protobuf/text_format.h>
#include <google/protobuf/util/message_differencer.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "common/base/consistency_token.h"
#include "tally/events/v1/order_events.pb.h"

namespace tally::orders {
namespace {

const base::Uuid kLane = *base::Uuid::Parse("01932b5c-0000-7000-8000-00000000000a");
const base::Uuid kOtherLane = *base::Uuid::Parse("01932b5c-0000-7000-8000-00000000000b");

base::Money Gbp(int64_t units, int64_t nanos) { return *base::Money::Create("GBP", units, nanos); }

// No two fields of it are alike, so that none can stand in another's place.
Order ImportedOrder() {
  Order order;
  order.order_id = *base::Uuid::Parse("01932b5c-7a3e-7c52-9d5e-3f6a1b2c4d5e");
  order.customer = "17850";
  order.currency = "GBP";
  order.lines = {{"85123A", "WHITE HANGING HEART", 6, Gbp(2, 550'000'000)},
                 {"FREE", "", 1, Gbp(0, 0)}};
  order.total = Gbp(15, 300'000'000);
  order.place_time = absl::FromUnixMicros(-1'500'000);
  order.create_time = absl::FromUnixMicros(1'790'000'000'123'456);
  order.placed_event = {kLane, 7};
  return order;
}

template <typename Message>
Message Parse(const std::string& text) {
  Message message;
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(text, &message));
  return message;
}

void ExpectEqual(const google::protobuf::Message& message,
                 const google::protobuf::Message& expected) {
  EXPECT_TRUE(google::protobuf::util::MessageDifferencer::Equals(message, expected))
      << message.DebugString() << "instead of\n"
      << expected.DebugString();
}

constexpr char kLinesAndTotal[] = R"(
  lines { sku: "85123A" description: "WHITE HANGING HEART" quantity: 6
          unit_price { currency_code: "GBP" units: 2 nanos: 550000000 } }
  lines { sku: "FREE" quantity: 1 unit_price { currency_code: "GBP" } }
  total { currency_code: "GBP" units: 15 nanos: 300000000 })";

TEST(OrderMessages, TellEverythingOfAnOrder) {
  v1::PlaceOrderResponse response;
  ToPlaced(ImportedOrder(), response);
  ExpectEqual(response.order(), Parse<v1::Order>(absl::StrCat(kLinesAndTotal, R"(
    order_id: "01932b5c-7a3e-7c52-9d5e-3f6a1b2c4d5e"
    customer: "17850"
    currency: "GBP"
    state: STATE_PLACED
    place_time { seconds: -2 nanos: 500000000 }
    create_time { seconds: 1790000000 nanos: 123456000 }
    update_time { seconds: 1790000000 nanos: 123456000 }
    version: 1
    etag: "v1"
    history {
      version: 1 kind: KIND_PLACED time { seconds: -2 nanos: 500000000 }
      lane_id: "01932b5c-0000-7000-8000-00000000000a" sequence: 7
    })")));
  EXPECT_EQ(response.consistency_token(), (base::ConsistencyToken{kLane, 7}.Encode()));
}

TEST(OrderMessages, TellOfACancellation) {
  Order order = ImportedOrder();
  order.version = 2;
  order.state = OrderState::kCancelled;
  order.cancellation = {absl::FromUnixSeconds(1'790'000'001), "ordered twice", {kOtherLane, 3}};
  v1::Order message;
  ToMessage(order, message);
  ExpectEqual(message, Parse<v1::Order>(absl::StrCat(kLinesAndTotal, R"(
    order_id: "01932b5c-7a3e-7c52-9d5e-3f6a1b2c4d5e"
    customer: "17850"
    currency: "GBP"
    state: STATE_CANCELLED
    place_time { seconds: -2 nanos: 500000000 }
    create_time { seconds: 1790000000 nanos: 123456000 }
    update_time { seconds: 1790000001 }
    version: 2
    etag: "v2"
    cancel_reason: "ordered twice"
    history {
      version: 1 kind: KIND_PLACED time { seconds: -2 nanos: 500000000 }
      lane_id: "01932b5c-0000-7000-8000-00000000000a" sequence: 7
    }
    history {
      version: 2 kind: KIND_CANCELLED time { seconds: 1790000001 }
      lane_id: "01932b5c-0000-7000-8000-00000000000b" sequence: 3
    })")));
}

TEST(OrderMessages, TheEventHoldsTheWholeOrder) {
  const Order order = ImportedOrder();
  const outbox::NewEvent created = ToCreatedEvent(order);
  EXPECT_EQ(created.subject, "orders.v1.created");
  EXPECT_EQ(created.type, "tally.events.v1.OrderCreated");
  EXPECT_EQ(created.time, order.place_time);
  events::v1::OrderCreated event;
  ASSERT_TRUE(event.ParseFromString(created.payload));
  ExpectEqual(event.order(), Parse<events::v1::OrderSnapshot>(absl::StrCat(kLinesAndTotal, R"(
    order_id: "01932b5c-7a3e-7c52-9d5e-3f6a1b2c4d5e"
    version: 1
    state: STATE_PLACED
    customer: "17850"
    currency: "GBP"
    place_time { seconds: -2 nanos: 500000000 }
    create_time { seconds: 1790000000 nanos: 123456000 }
    update_time { seconds: 1790000000 nanos: 123456000 })")));
}

TEST(OrderMessages, ALinesPriceIsInItsOwnCurrencyOrTheOrders) {
  v1::PlaceOrderRequest request;
  request.set_currency("GBP");
  request.add_lines()->mutable_unit_price()->set_units(1);
  request.add_lines()->mutable_unit_price()->set_currency_code("EUR");
  base::Violations violations;
  const OrderContent content = ToContent(request, violations);
  EXPECT_TRUE(violations.empty());
  EXPECT_EQ(content.lines[0].unit_price, Gbp(1, 0));
  EXPECT_EQ(content.lines[1].unit_price.currency(), "EUR");
}

}  // namespace
}  // namespace tally::orders
