#include "order_service/service/order_batch.h"

#include <vector>

#include "common/base/status_macros.h"
#include "common/db/error.h"
#include "common/rpc/errors.h"
#include "order_service/domain/placement_plan.h"
#include "order_service/service/place_order_command.h"

namespace tally::orders {
namespace {

std::vector<const StoredOrder*> Drafts(absl::Span<PlaceOrderCommand* const> commands) {
  std::vector<const StoredOrder*> drafts;
  drafts.reserve(commands.size());
  for (PlaceOrderCommand* command : commands) drafts.push_back(&command->draft());
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

absl::Status RequestIdTaken() {
  return rpc::Error(absl::StatusCode::kAlreadyExists, "REQUEST_ID_REUSED",
                    "request_id was used for another order; use a new one for a new order");
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

}  // namespace

absl::Status OrderBatch::Write(db::Transaction& transaction,
                               absl::Span<outbox::Command* const> commands,
                               outbox::LaneAppender& lane, int attempt) {
  std::vector<PlaceOrderCommand*> placements;
  placements.reserve(commands.size());
  for (outbox::Command* command : commands)
    placements.push_back(static_cast<PlaceOrderCommand*>(command));

  std::vector<StoredOrder> stored;
  if (attempt > 1) {
    ASSIGN_OR_RETURN(stored, store_.FindPlaced(transaction, Drafts(placements)));
  }
  const std::vector<Placement> plan = Plan(placements, stored);

  ASSIGN_OR_RETURN(const base::Uuid lane_id, base::Uuid::Parse(lane.lane_id()));
  std::vector<PlaceOrderCommand*> inserts;
  for (size_t i = 0; i < plan.size(); ++i) {
    if (plan[i].kind != Placement::Kind::kInsert) continue;
    placements[i]->draft().order.placed_event = {lane_id, lane.Append(placements[i]->event())};
    inserts.push_back(placements[i]);
  }
  if (!inserts.empty()) {
    const absl::Status inserted = store_.Insert(transaction, lane_id, Drafts(inserts));
    if (db::KindOf(inserted) == db::ErrorKind::kUnique) {
      return absl::AbortedError("an order of this batch was placed before");
    }
    RETURN_IF_ERROR(inserted);
  }
  for (size_t i = 0; i < plan.size(); ++i) Decide(plan[i], *placements[i], stored, placements);
  return absl::OkStatus();
}

}  // namespace tally::orders
