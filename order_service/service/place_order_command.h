#pragma once

#include <optional>
#include <utility>

#include "absl/status/status.h"
#include "common/outbox/batch_handler.h"
#include "order_service/domain/placement_plan.h"
#include "order_service/service/order_command.h"
#include "order_service/store/order_store.h"

namespace tally::orders {

// "Place this order": what was asked, and, once OrderBatch decided it, what became of it. Whoever
// waits for the answer derives from this and says in Finish() what to do with it.
class PlaceOrderCommand : public OrderCommand {
 public:
  PlaceOrderCommand(StoredOrder draft, outbox::NewEvent event)
      : draft_(std::move(draft)), event_(std::move(event)) {}

  Kind kind() const final { return Kind::kPlace; }
  size_t bytes() const final { return sizeof(*this) + 2 * event_.payload.size(); }

  // The order as asked for; where its event stands is filled in by OrderBatch.
  StoredOrder& draft() { return draft_; }
  const outbox::NewEvent& event() const { return event_; }
  PlacementKey key() const {
    return {draft_.order.order_id, draft_.caller, draft_.request_id, draft_.fingerprint};
  }

  // The decision, one of three: the draft itself is placed, an order placed before is the answer,
  // or an error for the caller.
  void DecidePlaced() { Decide(absl::OkStatus(), std::nullopt); }
  void DecideStored(Order order) { Decide(absl::OkStatus(), std::move(order)); }
  void DecideRefused(absl::Status error) { Decide(std::move(error), std::nullopt); }

 protected:
  // Valid in Finish(OK).
  const absl::Status& decision() const { return decision_; }
  const Order& placed() const { return stored_ ? *stored_ : draft_.order; }

 private:
  void Decide(absl::Status decision, std::optional<Order> stored) {
    decision_ = std::move(decision);
    stored_ = std::move(stored);
  }

  StoredOrder draft_;
  const outbox::NewEvent event_;
  absl::Status decision_;
  std::optional<Order> stored_;
};

}  // namespace tally::orders
