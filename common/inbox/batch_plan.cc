#include "common/inbox/batch_plan.h"

namespace tally::inbox {
namespace {

bool Cover(const Arrival& arrival, CoveredLanes& covered, BatchPlan& plan) {
  if (!arrival.placed()) return true;
  if (!covered.at(arrival.lane_id).Add(arrival.sequence)) return false;
  plan.changed.insert(arrival.lane_id);
  return true;
}

}  // namespace

BatchPlan MakePlan(absl::Span<Arrival* const> arrivals,
                   absl::FunctionRef<EventHandler::Interest(absl::string_view type)> interest_in,
                   CoveredLanes& covered) {
  BatchPlan plan;
  for (Arrival* arrival : arrivals) {
    if (!Cover(*arrival, covered, plan)) {
      ++plan.duplicates;
      continue;
    }
    if (!arrival->failure.ok()) {
      plan.letters.push_back(arrival);
      continue;
    }
    switch (interest_in(arrival->event.type)) {
      case EventHandler::Interest::kApply:
        plan.apply.push_back(arrival);
        break;
      case EventHandler::Interest::kIgnore:
        ++plan.ignored;
        break;
      case EventHandler::Interest::kUnknown:
        arrival->Fail(Fault::kUnknownType, absl::UnimplementedError("unknown event type"));
        plan.letters.push_back(arrival);
        break;
    }
  }
  return plan;
}

}  // namespace tally::inbox
