#include "common/outbox/parked_retrier.h"

#include <memory>
#include <utility>
#include <vector>

#include "common/base/status_macros.h"

namespace tally::outbox {

ParkedRetrier::ParkedRetrier(ParkedRetrierOptions options, ParkedStore& store,
                             StreamPublisher& publisher, base::Clock& clock,
                             telemetry::Telemetry& telemetry)
    : options_(options),
      store_(store),
      publisher_(publisher),
      clock_(clock),
      log_(telemetry.log),
      failures_(telemetry.log, "publishing parked events again") {}

bool ParkedRetrier::Send(absl::Time deadline) {
  if (clock_.Now() < look_at_) return false;
  look_at_ = clock_.Now() + options_.look_every;
  bool sent = false;
  absl::StatusOr<bool> any = store_.AnyDue(deadline);
  while (any.ok() && *any && under_way_ < options_.under_way_max && publisher_.Room() > 0) {
    any = SendOne(deadline);
    sent |= any.ok() && *any;
  }
  failures_.Note(any.status());
  return sent;
}

absl::StatusOr<bool> ParkedRetrier::SendOne(absl::Time deadline) {
  ASSIGN_OR_RETURN(std::optional<ParkedEvent> due, store_.ClaimDue(options_.claim, deadline));
  if (!due.has_value()) return false;
  const EventKey key = {due->lane_id, due->event.sequence};
  auto lane =
      std::make_shared<RelayLane>(key.lane_id, LaneOutbound(key.sequence - 1, key.sequence, 1));
  lane->parked = true;
  std::vector<OutboxEvent> alone;
  alone.push_back(std::move(due->event));
  if (!publisher_.Send(lane, std::move(alone))) {
    RETURN_IF_ERROR(
        store_.Unavailable(key, /*may_be_stored=*/false, options_.look_every, deadline));
    return false;
  }
  ++under_way_;
  return true;
}

void ParkedRetrier::Settle(const StreamPublisher::Result& result, absl::Time deadline) {
  const EventKey key = {result.lane->id, result.sequences.first};
  --under_way_;
  look_at_ = absl::InfinitePast();
  switch (result.outcome) {
    case bus::PublishOutcome::kStored:
    case bus::PublishOutcome::kDuplicate:
      failures_.Note(store_.Acknowledged(key, deadline));
      log_.Info("parked event published", {{"lane", key.lane_id}, {"sequence", key.sequence}});
      break;
    case bus::PublishOutcome::kRefused:
      failures_.Note(store_.Refused(key, result.error, options_.backoff.initial, deadline));
      log_.Warning("parked event refused again",
                   {{"lane", key.lane_id}, {"sequence", key.sequence}, {"why", result.error}});
      break;
    case bus::PublishOutcome::kUnavailable:
      failures_.Note(store_.Unavailable(key, result.may_be_stored, options_.backoff.max, deadline));
      break;
  }
}

}  // namespace tally::outbox
