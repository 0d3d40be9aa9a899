#include "order_service/service/order_batch.h"

#include <algorithm>
#include <tuple>
#include <utility>
#include <vector>

#include "common/base/status_macros.h"
#include "common/rpc/errors.h"
#include "order_service/domain/cancellation_plan.h"
#include "order_service/domain/placement_plan.h"
#include "order_service/service/cancel_order_command.h"
#include "order_service/service/order_messages.h"
#include "order_service/service/place_order_command.h"

namespace tally::orders {
namespace {

struct Commands {
  std::vector<PlaceOrderCommand*> placements;
  std::vector<CancelOrderCommand*> cancellations;
};

Commands Sort(absl::Span<outbox::Command* const> commands) {
  Commands sorted;
  for (outbox::Command* command : commands) {
    auto* order_command = static_cast<OrderCommand*>(command);
    switch (order_command->kind()) {
      case OrderCommand::Kind::kPlace:
        sorted.placements.push_back(static_cast<PlaceOrderCommand*>(order_command));
        break;
      case OrderCommand::Kind::kCancel:
        sorted.cancellations.push_back(static_cast<CancelOrderCommand*>(order_command));
        break;
    }
  }
  return sorted;
}

absl::Status RequestIdTaken() {
  return rpc::Error(absl::StatusCode::kAlreadyExists, "REQUEST_ID_REUSED",
                    "request_id was used with other content; use a new one for a new command");
}

std::vector<const StoredOrder*> Drafts(absl::Span<PlaceOrderCommand* const> commands) {
  std::vector<const StoredOrder*> drafts;
  drafts.reserve(commands.size());
  for (PlaceOrderCommand* command : commands) drafts.push_back(&command->draft());
  return drafts;
}

// In the order of their request ids, whatever order they came in: of two writers that insert the
// same ones, one waits for the other, and never each for the other.
std::vector<const StoredOrder*> SortedDrafts(absl::Span<PlaceOrderCommand* const> commands) {
  std::vector<const StoredOrder*> drafts = Drafts(commands);
  std::stable_sort(drafts.begin(), drafts.end(), [](const StoredOrder* a, const StoredOrder* b) {
    return std::tie(a->caller, a->request_id) < std::tie(b->caller, b->request_id);
  });
  return drafts;
}

std::vector<Placement> Plan(absl::Span<PlaceOrderCommand* const> commands,
                            absl::Span<const StoredOrder> stored) {
  std::vector<PlacementKey> command_keys, stored_keys;
  for (PlaceOrderCommand* command : commands) command_keys.push_back(command->key());
  for (const StoredOrder& order : stored) {
    stored_keys.push_back(
        {order.order.order_id, order.caller, order.request_id, order.fingerprint});
  }
  return PlanPlacements(command_keys, stored_keys);
}

void Decide(const Placement& placement, PlaceOrderCommand& command,
            absl::Span<const StoredOrder> stored, absl::Span<PlaceOrderCommand* const> commands) {
  switch (placement.kind) {
    case Placement::Kind::kInsert:
      return command.DecidePlaced();
    case Placement::Kind::kStored:
      return command.DecideStored(stored[placement.index].order);
    case Placement::Kind::kSameAsCommand:
      return command.DecideStored(commands[placement.index]->draft().order);
    case Placement::Kind::kConflict:
      return command.DecideRefused(RequestIdTaken());
  }
}

std::vector<CancellationDecision> Plan(absl::Span<CancelOrderCommand* const> commands,
                                       absl::Span<const StoredOrder> stored) {
  std::vector<CancellationKey> keys;
  std::vector<CancellableOrder> orders;
  for (const CancelOrderCommand* command : commands) keys.push_back(command->key());
  for (const StoredOrder& order : stored) {
    orders.push_back({order.order.order_id, order.order.etag(),
                      order.order.cancellation.has_value(), order.cancel_caller,
                      order.cancel_request_id, order.cancel_fingerprint});
  }
  return PlanCancellations(keys, orders);
}

// Cancels the order as it will stand in the table, and appends the event.
void Cancel(const CancellationRequest& request, const base::Uuid& lane_id, StoredOrder& stored,
            outbox::LaneAppender& lane) {
  const Order before = stored.order;
  Order& order = stored.order;
  order.state = OrderState::kCancelled;
  ++order.version;
  order.cancellation = {.time = std::max(request.time, before.update_time()),
                        .reason = request.content.reason,
                        .event = {lane_id, lane.next_sequence()}};
  stored.cancel_caller = request.caller;
  stored.cancel_request_id = request.request_id;
  stored.cancel_fingerprint = request.fingerprint;
  outbox::NewEvent event = ToCancelledEvent(before, order);
  event.traceparent = request.traceparent;
  lane.Append(std::move(event));
}

void Decide(const CancellationDecision& decision, CancelOrderCommand& command,
            absl::Span<const StoredOrder> stored) {
  using Kind = CancellationDecision::Kind;
  const std::string order_id = command.request().content.order_id.ToString();
  switch (decision.kind) {
    case Kind::kCancel:
    case Kind::kCancelled:
      return command.DecideCancelled(stored[decision.order].order);
    case Kind::kNotFound:
      return command.DecideRefused(rpc::Error(absl::StatusCode::kNotFound, "ORDER_NOT_FOUND",
                                              "there is no order with this order_id",
                                              {{"order_id", order_id}}));
    case Kind::kStale:
      return command.DecideRefused(
          rpc::Error(absl::StatusCode::kAborted, "ETAG_STALE",
                     "the order has changed since its etag was read; read it again",
                     {{"order_id", order_id}, {"etag", stored[decision.order].order.etag()}}));
    case Kind::kConflict:
      return command.DecideRefused(RequestIdTaken());
  }
}

}  // namespace

absl::Status OrderBatch::Write(db::Transaction& transaction,
                               absl::Span<outbox::Command* const> commands,
                               outbox::LaneAppender& lane, int attempt) {
  const Commands sorted = Sort(commands);
  ASSIGN_OR_RETURN(const base::Uuid lane_id, base::Uuid::Parse(lane.lane_id()));
  RETURN_IF_ERROR(Cancel(transaction, sorted.cancellations, lane_id, lane));
  return Place(transaction, sorted.placements, lane_id, lane, attempt);
}

absl::Status OrderBatch::Place(db::Transaction& transaction,
                               absl::Span<PlaceOrderCommand* const> commands,
                               const base::Uuid& lane_id, outbox::LaneAppender& lane,
                               int attempt) const {
  std::vector<StoredOrder> stored;
  if (attempt > 1) {
    ASSIGN_OR_RETURN(stored, store_.FindPlaced(transaction, Drafts(commands)));
  }
  const std::vector<Placement> plan = Plan(commands, stored);
  std::vector<PlaceOrderCommand*> inserts;
  for (size_t i = 0; i < plan.size(); ++i) {
    if (plan[i].kind != Placement::Kind::kInsert) continue;
    commands[i]->draft().order.placed_event = {lane_id, lane.Append(commands[i]->event())};
    inserts.push_back(commands[i]);
  }
  RETURN_IF_ERROR(store_.Insert(transaction, lane_id, SortedDrafts(inserts)));
  for (size_t i = 0; i < plan.size(); ++i) Decide(plan[i], *commands[i], stored, commands);
  return absl::OkStatus();
}

absl::Status OrderBatch::Cancel(db::Transaction& transaction,
                                absl::Span<CancelOrderCommand* const> commands,
                                const base::Uuid& lane_id, outbox::LaneAppender& lane) const {
  if (commands.empty()) return absl::OkStatus();
  std::vector<CancellationLookup> lookups;
  for (const CancelOrderCommand* command : commands) {
    const CancellationKey key = command->key();
    lookups.push_back({key.order_id, key.caller, key.request_id});
  }
  ASSIGN_OR_RETURN(std::vector<StoredOrder> stored,
                   store_.LockForCancellation(transaction, lookups));
  const std::vector<CancellationDecision> plan = Plan(commands, stored);
  std::vector<const StoredOrder*> changed;
  for (size_t i = 0; i < plan.size(); ++i) {
    if (plan[i].kind != CancellationDecision::Kind::kCancel) continue;
    StoredOrder& order = stored[plan[i].order];
    orders::Cancel(commands[i]->request(), lane_id, order, lane);
    changed.push_back(&order);
  }
  RETURN_IF_ERROR(store_.Cancel(transaction, lane_id, changed));
  for (size_t i = 0; i < plan.size(); ++i) Decide(plan[i], *commands[i], stored);
  return absl::OkStatus();
}

}  // namespace tally::orders
