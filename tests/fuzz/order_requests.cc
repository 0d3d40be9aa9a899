// A request in binary protobuf, behind a byte that says which: PlaceOrder, CancelOrder, ListOrders,
// PlaceOrders.

#include <string>

#include "absl/numeric/int128.h"
#include "common/base/check.h"
#include "common/base/text.h"
#include "common/rpc/google_types.h"
#include "order_service/domain/order_validation.h"
#include "order_service/service/cancellation_request.h"
#include "order_service/service/item_keys.h"
#include "order_service/service/list_query.h"
#include "order_service/service/order_messages.h"
#include "order_service/service/page_token.h"
#include "order_service/service/placement_request.h"
#include "order_service/store/order_lines_codec.h"
#include "tally/events/v1/order_events.pb.h"
#include "tests/fuzz/input.h"
#include "tests/fuzz/refusal.h"
#include "tests/fuzz/targets.h"

namespace tally::fuzz {
namespace {

using orders::Order;
using orders::OrderLine;

constexpr int64_t kEventBytesMax = 16 << 10;
constexpr int64_t kNanosPerUnit = 1'000'000'000;
const absl::Time kNow = absl::FromUnixSeconds(1'795'000'000);

absl::StatusOr<orders::PlacementRequest> Prepare(const orders::v1::PlaceOrderRequest& request) {
  return orders::PreparePlacement(request, "caller", base::Uuid(), kNow, kEventBytesMax);
}

bool IsText(const std::string& text, int chars_min, int chars_max) {
  return !base::TextProblem(text, chars_min, chars_max).has_value();
}

absl::int128 NanosOf(const base::Money& money) {
  return absl::int128(money.units()) * kNanosPerUnit + money.nanos();
}

void CheckLimits(const Order& order) {
  TALLY_CHECK(IsText(order.customer, 1, orders::kCustomerCharsMax));
  TALLY_CHECK(!order.lines.empty() && order.lines.size() <= orders::kLinesMax);
  TALLY_CHECK(order.place_time <= kNow + orders::kPlaceTimeAheadMax);
  absl::int128 sum = 0;
  for (const OrderLine& line : order.lines) {
    TALLY_CHECK(IsText(line.sku, 1, orders::kSkuCharsMax));
    TALLY_CHECK(IsText(line.description, 0, orders::kDescriptionCharsMax));
    TALLY_CHECK(line.quantity >= 1 && line.quantity <= orders::kQuantityMax);
    TALLY_CHECK(line.unit_price.currency() == order.currency && !line.unit_price.is_negative());
    TALLY_CHECK(!base::FinerThanMinorUnit(line.unit_price));
    sum += NanosOf(line.unit_price) * line.quantity;
  }
  TALLY_CHECK(sum == NanosOf(order.total) && order.total.currency() == order.currency);
  TALLY_CHECK(sum <= absl::int128(orders::kTotalUnitsMax) * kNanosPerUnit);
}

// What is stored and published is what was asked for.
void CheckCopies(const orders::PlacementRequest& placement) {
  const Order& order = placement.draft.order;
  const auto lines = orders::DecodeLines(orders::EncodeLines(order.lines), order.currency);
  TALLY_CHECK(lines.ok() && *lines == order.lines);
  events::v1::OrderCreated event;
  TALLY_CHECK(static_cast<int64_t>(placement.event.payload.size()) < kEventBytesMax);
  TALLY_CHECK(event.ParseFromString(placement.event.payload));
  TALLY_CHECK(event.order().customer() == order.customer);
  TALLY_CHECK(event.order().lines_size() == static_cast<int>(order.lines.size()));
  TALLY_CHECK(event.order().total().units() == order.total.units());
  TALLY_CHECK(event.order().total().nanos() == order.total.nanos());
  TALLY_CHECK(rpc::ToTime(event.order().place_time()) == order.place_time);
}

// Asking for the order as it was answered is asking for the same.
void CheckAskedAgain(const orders::PlacementRequest& placement, bool with_time) {
  orders::v1::Order shown;
  orders::ToMessage(placement.draft.order, shown);
  orders::v1::PlaceOrderRequest request;
  request.set_request_id(placement.draft.request_id);
  request.set_customer(shown.customer());
  request.set_currency(shown.currency());
  *request.mutable_lines() = shown.lines();
  if (with_time) *request.mutable_place_time() = shown.place_time();
  const auto again = Prepare(request);
  TALLY_CHECK(again.ok() && again->draft.fingerprint == placement.draft.fingerprint);
  TALLY_CHECK(again->draft.order.total == placement.draft.order.total);
}

void Place(absl::string_view input) {
  orders::v1::PlaceOrderRequest request;
  if (!ParseMessage(input, request)) return;
  const auto placement = Prepare(request);
  if (!placement.ok()) return CheckRefusal(placement.status());
  TALLY_CHECK(placement->draft.request_id == request.request_id());
  TALLY_CHECK(request.request_id().size() <= orders::kRequestIdCharsMax);
  CheckLimits(placement->draft.order);
  CheckCopies(*placement);
  CheckAskedAgain(*placement, request.has_place_time());
}

void Cancel(absl::string_view input) {
  orders::v1::CancelOrderRequest request;
  if (!ParseMessage(input, request)) return;
  const auto cancellation = orders::PrepareCancellation(request, "caller", kNow);
  if (!cancellation.ok()) return CheckRefusal(cancellation.status());
  TALLY_CHECK(cancellation->content.etag == request.etag());
  TALLY_CHECK(IsText(cancellation->content.reason, 0, 256));
  TALLY_CHECK(cancellation->request_id.size() <= orders::kRequestIdCharsMax);
  request.set_order_id(cancellation->content.order_id.ToString());
  const auto again = orders::PrepareCancellation(request, "caller", kNow);
  TALLY_CHECK(again.ok() && again->fingerprint == cancellation->fingerprint);
}

void List(absl::string_view input) {
  orders::v1::ListOrdersRequest request;
  if (!ParseMessage(input, request)) return;
  const auto query = orders::ParseListQuery(request);
  if (!query.ok()) return CheckRefusal(query.status());
  TALLY_CHECK(query->page_size >= 1 && query->page_size <= 1000);
  TALLY_CHECK(IsText(query->filter.customer, 0, orders::kCustomerCharsMax));
  TALLY_CHECK(query->filter.start_time <= query->filter.end_time);

  const orders::OrderCursor last{kNow, base::Uuid()};
  request.set_page_token(orders::EncodePageToken(query->filter, last));
  const auto next = orders::ParseListQuery(request);
  TALLY_CHECK(next.ok() && next->after.has_value() && next->after->place_time == kNow);
  request.set_customer(request.customer() + "x");
  TALLY_CHECK(!orders::ParseListQuery(request).ok());
}

// All keys of a request are taken, or none.
void TakeKeys(absl::string_view input) {
  orders::v1::PlaceOrdersRequest request;
  if (!ParseMessage(input, request)) return;
  orders::ItemKeys keys;
  const absl::Status taken = keys.Take(request);
  TALLY_CHECK(keys.Take(request).ok() == false);
  if (!taken.ok()) {
    CheckRefusal(taken);
    TALLY_CHECK(keys.Take(request) == taken);
    return;
  }
  TALLY_CHECK(request.items_size() >= 1 && request.items_size() <= 100);
  for (const auto& item : request.items()) keys.Release(item.item_key());
  TALLY_CHECK(keys.Take(request).ok());
}

}  // namespace

void OrderRequests(absl::string_view input) {
  constexpr void (*kKinds[])(absl::string_view) = {&Place, &Cancel, &List, &TakeKeys};
  const int kind = TakeKind(input, std::size(kKinds));
  kKinds[kind](input);
}

}  // namespace tally::fuzz
