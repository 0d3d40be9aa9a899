#include "order_service/service/place_orders_call.h"

#include <algorithm>
#include <deque>
#include <memory>
#include <utility>
#include <vector>

#include "absl/time/clock.h"
#include "common/base/status_macros.h"
#include "common/rpc/error_details.h"
#include "order_service/service/order_messages.h"
#include "order_service/service/place_order_command.h"
#include "order_service/service/write_error.h"

namespace tally::orders {
namespace {

// What the answer to an order that is not written is about as large as.
constexpr size_t kErrorBytes = 512;

}  // namespace

// An item on its way through the queue.
class PlaceOrdersCall::Placement final : public PlaceOrderCommand {
 public:
  Placement(PlaceOrdersCall& call, const std::string& key, absl::Time start,
            PlacementRequest request)
      : PlaceOrderCommand(std::move(request.draft), std::move(request.event)),
        call_(call),
        key_(key),
        start_(start),
        item_(call, bytes()) {}

  absl::Time deadline() const override {
    return std::min(call_.deadline(), start_ + call_.item_time_max_);
  }
  bool cancelled() const override { return call_.Cancelled(); }

  void Finish(const absl::Status& status) override {
    call_.Answer(item_, key_, start_, status.ok() ? decision() : WriteError(status), placed());
  }

 private:
  PlaceOrdersCall& call_;
  const std::string key_;
  const absl::Time start_;
  Item item_;
};

absl::Status PlaceOrdersCall::Take(const v1::PlaceOrdersRequest& request) {
  RETURN_IF_ERROR(keys_.Take(request));
  const absl::Time start = absl::Now();
  std::deque<Item> refused;  // answered together
  std::vector<std::unique_ptr<outbox::Command>> commands;
  commands.reserve(static_cast<size_t>(request.items_size()));
  for (const v1::PlaceOrdersRequest::Item& item : request.items()) {
    absl::StatusOr<PlacementRequest> placement = intake_.Prepare(item.order(), *this);
    if (placement.ok()) {
      commands.push_back(
          std::make_unique<Placement>(*this, item.item_key(), start, *std::move(placement)));
    } else {
      Answer(refused.emplace_back(*this, kErrorBytes), item.item_key(), start, placement.status());
    }
  }
  const absl::Status status = intake_.outbox().Submit(absl::MakeSpan(commands));
  for (const std::unique_ptr<outbox::Command>& command : commands) {
    if (command != nullptr) command->Finish(status);
  }
  return absl::OkStatus();
}

void PlaceOrdersCall::Answer(Item& item, const std::string& key, absl::Time start,
                             const absl::Status& status, const Order& order) {
  const absl::Status told = ConcludeItem(status, start);
  keys_.Release(key);
  item.Answer([&](v1::PlaceOrdersResponse& response) {
    v1::PlaceOrdersResponse::Result& result = *response.add_results();
    result.set_item_key(key);
    if (told.ok()) {
      ToPlaced(order, *result.mutable_placed());
    } else {
      *result.mutable_error() = rpc::ToMessage(told);
    }
  });
}

}  // namespace tally::orders
