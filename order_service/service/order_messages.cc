#include "order_service/service/order_messages.h"

#include <cstddef>
#include <cstdint>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/consistency_token.h"
#include "common/rpc/google_types.h"
#include "google/protobuf/arena.h"
#include "tally/events/v1/order_events.pb.h"

namespace tally::orders {
namespace {

constexpr char kCreatedSubject[] = "orders.v1.created";
constexpr char kCancelledSubject[] = "orders.v1.cancelled";

using rpc::ToMessage;

void ToMessage(const OrderLine& line, auto& message) {
  message.set_sku(line.sku);
  message.set_description(line.description);
  message.set_quantity(line.quantity);
  ToMessage(line.unit_price, *message.mutable_unit_price());
}

void ToSnapshot(const Order& order, events::v1::OrderSnapshot& snapshot) {
  using events::v1::OrderSnapshot;
  snapshot.set_order_id(order.order_id.ToString());
  snapshot.set_version(order.version);
  snapshot.set_state(order.cancellation ? OrderSnapshot::STATE_CANCELLED
                                        : OrderSnapshot::STATE_PLACED);
  snapshot.set_customer(order.customer);
  snapshot.set_currency(order.currency);
  for (const OrderLine& line : order.lines) ToMessage(line, *snapshot.add_lines());
  ToMessage(order.total, *snapshot.mutable_total());
  ToMessage(order.place_time, *snapshot.mutable_place_time());
  ToMessage(order.create_time, *snapshot.mutable_create_time());
  ToMessage(order.update_time(), *snapshot.mutable_update_time());
}

void AddChange(int64_t version, v1::OrderChange::Kind kind, absl::Time time,
               const EventPlace& event, v1::Order& message) {
  v1::OrderChange& change = *message.add_history();
  change.set_version(version);
  change.set_kind(kind);
  ToMessage(time, *change.mutable_time());
  change.set_lane_id(event.lane_id.ToString());
  change.set_sequence(event.sequence);
}

base::Money ToPrice(const google::type::Money& message, const std::string& currency, size_t line,
                    base::Violations& violations) {
  const std::string& code = message.currency_code().empty() ? currency : message.currency_code();
  absl::StatusOr<base::Money> price = base::Money::Create(code, message.units(), message.nanos());
  if (price.ok()) return *std::move(price);
  violations.Add(
      absl::StrCat("lines[", line, "].unit_price"),
      "must be a google.type.Money: a currency code of three upper-case letters, nanos from "
      "-999999999 to 999999999 with the sign of units");
  return base::Money::Create(currency, 0, 0).value_or(base::Money());
}

}  // namespace

OrderContent ToContent(const v1::PlaceOrderRequest& request, base::Violations& violations) {
  OrderContent content;
  content.customer = request.customer();
  content.currency = request.currency();
  content.lines.reserve(request.lines_size());
  for (const v1::OrderLine& line : request.lines()) {
    content.lines.push_back(
        {line.sku(), line.description(), line.quantity(),
         ToPrice(line.unit_price(), request.currency(), content.lines.size(), violations)});
  }
  if (request.has_place_time()) {
    const google::protobuf::Timestamp& time = request.place_time();
    if (time.nanos() < 0 || time.nanos() > 999'999'999) {
      violations.Add("place_time.nanos", "must be from 0 to 999999999");
    }
    content.place_time = rpc::ToTime(time);
  }
  return content;
}

void ToMessage(const Order& order, v1::Order& message) {
  message.set_order_id(order.order_id.ToString());
  message.set_customer(order.customer);
  message.set_currency(order.currency);
  message.mutable_lines()->Reserve(static_cast<int>(order.lines.size()));
  for (const OrderLine& line : order.lines) ToMessage(line, *message.add_lines());
  ToMessage(order.total, *message.mutable_total());
  message.set_state(order.cancellation ? v1::Order::STATE_CANCELLED : v1::Order::STATE_PLACED);
  ToMessage(order.place_time, *message.mutable_place_time());
  ToMessage(order.create_time, *message.mutable_create_time());
  ToMessage(order.update_time(), *message.mutable_update_time());
  message.set_version(order.version);
  message.set_etag(order.etag());
  AddChange(1, v1::OrderChange::KIND_PLACED, order.place_time, order.placed_event, message);
  if (order.cancellation.has_value()) {
    message.set_cancel_reason(order.cancellation->reason);
    AddChange(order.version, v1::OrderChange::KIND_CANCELLED, order.cancellation->time,
              order.cancellation->event, message);
  }
}

void ToPlaced(const Order& order, v1::PlaceOrderResponse& response) {
  ToMessage(order, *response.mutable_order());
  response.set_consistency_token(
      base::ConsistencyToken{order.placed_event.lane_id, order.placed_event.sequence}.Encode());
}

void ToCancelled(const Order& order, v1::CancelOrderResponse& response) {
  ToMessage(order, *response.mutable_order());
  const EventPlace& event = order.cancellation->event;
  response.set_consistency_token(base::ConsistencyToken{event.lane_id, event.sequence}.Encode());
}

outbox::NewEvent ToCreatedEvent(const Order& order) {
  alignas(std::max_align_t) char block[2048];
  google::protobuf::Arena arena(block, sizeof(block));
  auto& event = *google::protobuf::Arena::CreateMessage<events::v1::OrderCreated>(&arena);
  ToSnapshot(order, *event.mutable_order());
  return {.subject = kCreatedSubject,
          .type = events::v1::OrderCreated::descriptor()->full_name(),
          .payload = event.SerializeAsString(),
          .time = order.place_time,
          .traceparent = ""};
}

outbox::NewEvent ToCancelledEvent(const Order& before, const Order& after) {
  events::v1::OrderCancelled event;
  ToSnapshot(before, *event.mutable_before());
  event.mutable_before()->clear_lines();
  ToSnapshot(after, *event.mutable_after());
  ToMessage(after.cancellation->time, *event.mutable_cancel_time());
  event.set_reason(after.cancellation->reason);
  return {.subject = kCancelledSubject,
          .type = events::v1::OrderCancelled::descriptor()->full_name(),
          .payload = event.SerializeAsString(),
          .time = after.cancellation->time,
          .traceparent = ""};
}

}  // namespace tally::orders
