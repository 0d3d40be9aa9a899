#include "common/ops/outbox_messages.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/bus/event.h"
#include "common/rpc/google_types.h"

namespace tally::ops {

void ToMessage(const outbox::LaneRecord& lane, v1::Lane& message) {
  message.set_lane_id(lane.lane_id);
  message.set_state(lane.open ? v1::Lane::STATE_OPEN : v1::Lane::STATE_CLOSED);
  message.set_stream(lane.stream);
  message.set_head_sequence(lane.head);
  message.set_published_through(lane.published_through);
  message.set_trimmed_through(lane.trimmed_through);
  message.set_opened_by(lane.opened_by);
  rpc::ToMessage(lane.opened, *message.mutable_open_time());
  if (lane.closed) rpc::ToMessage(*lane.closed, *message.mutable_close_time());
  message.set_lease_holder(lane.lease_holder);
  if (lane.lease_end) rpc::ToMessage(*lane.lease_end, *message.mutable_lease_expire_time());
  message.set_parked_events(lane.parked_events);
  message.set_void_events(lane.void_events);
}

void ToMessage(const outbox::ParkedEvent& parked, v1::ParkedEvent& message) {
  message.set_event_id(absl::StrCat(parked.lane_id, "/", parked.event.sequence));
  message.set_state(parked.discarded ? v1::ParkedEvent::STATE_VOID : v1::ParkedEvent::STATE_PARKED);
  message.set_subject(parked.event.subject);
  message.set_type(parked.event.type);
  message.set_error(parked.error);
  message.set_attempts(parked.attempts);
  message.set_outcome_unknown(parked.outcome_unknown);
  rpc::ToMessage(parked.changed, *message.mutable_change_time());
  message.set_payload_bytes(parked.payload_bytes);
  message.set_discard_reason(parked.reason);
  message.set_discarded_by(parked.discarded_by);
}

void AddDetails(const outbox::ParkedEvent& parked, const std::string& source,
                const PayloadDecoder& decoder, v1::ParkedEvent& message) {
  const outbox::OutboxEvent& event = parked.event;
  const bus::Message published = bus::ToMessage(bus::Event{.lane_id = parked.lane_id,
                                                           .sequence = event.sequence,
                                                           .source = source,
                                                           .type = event.type,
                                                           .subject = event.subject,
                                                           .time = event.time,
                                                           .record_time = event.record_time,
                                                           .traceparent = event.traceparent,
                                                           .payload = ""});
  for (const auto& [name, value] : published.headers.entries()) {
    v1::Header& header = *message.add_headers();
    header.set_name(name);
    header.set_value(value);
  }
  message.set_payload(event.payload);
  message.set_payload_json(decoder.ToJson(event.type, event.payload));
}

void ToMessage(const outbox::OutboxSummary& summary, v1::GetOutboxStatusResponse& message) {
  message.set_open_lanes(summary.open_lanes);
  message.set_draining_lanes(summary.draining_lanes);
  message.set_unpublished_events(summary.unpublished_events);
  if (summary.oldest_unpublished) {
    const absl::Duration lag =
        std::max(summary.now - *summary.oldest_unpublished, absl::ZeroDuration());
    rpc::ToMessage(lag, *message.mutable_publish_lag());
  }
  message.set_parked_events(summary.parked_events);
  message.set_void_events(summary.void_events);
}

void RaiseAlarms(const outbox::OutboxSummary& summary, const outbox::RelayCondition& relay,
                 Alarms& alarms) {
  if (summary.parked_events > 0) {
    Raise(kEventsParked,
          absl::StrCat(summary.parked_events, " events that the bus refused wait for an operator"),
          *summary.oldest_parked, alarms);
  }
  if (summary.deserted_lanes > 0) {
    Raise(kLanesDeserted,
          absl::StrCat(summary.deserted_lanes, " lanes have no instance that publishes them"),
          *summary.deserted_since, alarms);
  }
  if (summary.unpublished_events > 0 && relay.stalled_since != absl::InfiniteFuture()) {
    Raise(
        kRelayStalled,
        absl::StrCat(summary.unpublished_events,
                     " events wait, and the bus takes none from this instance: ", relay.stalled_by),
        relay.stalled_since, alarms);
  }
  for (const outbox::RelayCondition::UnexpectedDuplicate& duplicate : relay.duplicates) {
    Raise(kUnexpectedDuplicates,
          absl::StrCat("the stream held other events under lane ", duplicate.lane_id,
                       ": the database went back in time"),
          duplicate.noticed, alarms);
  }
}

}  // namespace tally::ops
