#include "tests/chaos/buyer.h"

#include <grpcpp/client_context.h>

#include <chrono>
#include <set>
#include <utility>

#include "absl/random/random.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "client/calls/channel.h"
#include "common/rpc/google_types.h"

namespace tally::chaos {
namespace {

constexpr const char* kCurrencies[] = {"GBP", "EUR", "USD"};
constexpr int kDaysBack = 6;
constexpr int kAttempts = 3;
constexpr int kFailuresUntilGivingUp = 3;

void SetDeadline(grpc::ClientContext& context, absl::Duration patience) {
  context.set_deadline(std::chrono::system_clock::now() + absl::ToChronoMilliseconds(patience));
}

// What an item of a stream was told, as a call is told it.
grpc::Status ToStatus(const google::rpc::Status& error) {
  return {static_cast<grpc::StatusCode>(error.code()), error.message(), error.SerializeAsString()};
}

}  // namespace

Buyer::Buyer(const Options& options, Ledger& ledger)
    : options_(options),
      ledger_(ledger),
      random_(options.seed),
      generator_({.seed = options.seed}) {
  for (const config::HostPort& service : options_.services) {
    services_.push_back(orders::v1::OrderService::NewStub(client::OpenChannel({service})));
  }
}

orders::v1::OrderService::Stub& Buyer::AnyService() {
  return *services_[absl::Uniform<size_t>(random_, 0, services_.size())];
}

bool Buyer::OneIn(int chances) { return absl::Uniform(random_, 0, chances) == 0; }

orders::v1::PlaceOrderRequest Buyer::NewOrder() {
  orders::v1::PlaceOrderRequest request;
  generator_.Fill(request);
  request.set_request_id(absl::StrCat(options_.name, "/", ++made_));
  const char* currency = kCurrencies[absl::Uniform<size_t>(random_, 0, std::size(kCurrencies))];
  request.set_currency(currency);
  for (orders::v1::OrderLine& line : *request.mutable_lines()) {
    line.mutable_unit_price()->set_currency_code(currency);
  }
  if (!OneIn(3)) {  // Else the service says when.
    const absl::Duration ago = absl::Milliseconds(
        absl::Uniform<int64_t>(random_, 1, absl::ToInt64Milliseconds(kDaysBack * absl::Hours(24))));
    rpc::ToMessage(absl::Now() - ago, *request.mutable_place_time());
  }
  return request;
}

void Buyer::BuySomething() {
  if (OneIn(10)) return CancelSomething();
  orders::v1::PlaceOrderRequest request = NewOrder();
  if (OneIn(20)) {
    if (auto known = ledger_.PickToRepeat(random_)) request = *std::move(known);
  } else if (OneIn(40)) {
    request.mutable_lines(0)->set_quantity(0);
  }
  for (int attempt = 0; attempt < kAttempts && !Place(request) && OneIn(2); ++attempt) {
  }
}

bool Buyer::Place(const orders::v1::PlaceOrderRequest& request) {
  ledger_.Tried(request);
  grpc::ClientContext context;
  SetDeadline(context, options_.patience);
  orders::v1::PlaceOrderResponse response;
  const grpc::Status status = AnyService().PlaceOrder(&context, request, &response);
  ledger_.Answered(request.request_id(), status, response);
  return status.ok() || status.error_code() == grpc::StatusCode::INVALID_ARGUMENT;
}

void Buyer::CancelSomething() {
  const auto order = ledger_.PickToCancel(random_);
  if (!order.has_value()) return;
  orders::v1::CancelOrderRequest request;
  request.set_order_id(order->second);
  request.set_request_id(absl::StrCat(options_.name, "/", ++made_));
  request.set_reason("changed their mind");
  Cancel(order->first, request);
}

bool Buyer::Cancel(const std::string& placed_request_id,
                   const orders::v1::CancelOrderRequest& request) {
  ledger_.Tried(placed_request_id, request);
  grpc::ClientContext context;
  SetDeadline(context, options_.patience);
  orders::v1::CancelOrderResponse response;
  const grpc::Status status = AnyService().CancelOrder(&context, request, &response);
  ledger_.Answered(placed_request_id, status, response);
  return status.ok();
}

void Buyer::BuyInBulk(int orders) {
  orders::v1::PlaceOrdersRequest message;
  std::set<std::string> unanswered;
  for (int i = 0; i < orders; ++i) {
    orders::v1::PlaceOrdersRequest::Item& item = *message.add_items();
    *item.mutable_order() = NewOrder();
    item.set_item_key(item.order().request_id());
    ledger_.Tried(item.order());
    unanswered.insert(item.item_key());
  }
  grpc::ClientContext context;
  SetDeadline(context, options_.patience);
  const auto stream = AnyService().PlaceOrders(&context);
  stream->Write(message);
  stream->WritesDone();
  for (orders::v1::PlaceOrdersResponse answers; stream->Read(&answers);) {
    for (const orders::v1::PlaceOrdersResponse::Result& result : answers.results()) {
      unanswered.erase(result.item_key());
      ledger_.Answered(result.item_key(),
                       result.has_error() ? ToStatus(result.error()) : grpc::Status::OK,
                       result.placed());
    }
  }
  stream->Finish();
  for (const std::string& request_id : unanswered) {
    ledger_.Answered(request_id, {grpc::StatusCode::UNAVAILABLE, "the stream broke"},
                     orders::v1::PlaceOrderResponse());
  }
}

void Buyer::Settle() {
  int failures = 0;
  for (const orders::v1::PlaceOrderRequest& request : ledger_.UnknownPlacements()) {
    if (!Place(request) && ++failures == kFailuresUntilGivingUp) return;
  }
  for (const auto& [placed_request_id, request] : ledger_.UnknownCancellations()) {
    if (!Cancel(placed_request_id, request) && ++failures == kFailuresUntilGivingUp) return;
  }
}

}  // namespace tally::chaos
