// A message as it travels: "NATS/1.0", a line for each header, an empty line, the payload.

#include <string>
#include <vector>

#include "common/base/check.h"
#include "common/base/uuid.h"
#include "common/bus/event.h"
#include "common/bus/header_codec.h"
#include "common/inbox/arrival.h"
#include "common/inbox/batch_plan.h"
#include "common/inbox/letter.h"
#include "tests/fuzz/targets.h"

namespace tally::fuzz {
namespace {

using inbox::Arrival;

constexpr absl::string_view kHeadersEnd = "\r\n\r\n";

bus::Message ReadMessage(absl::string_view input) {
  const size_t end = input.find(kHeadersEnd);
  const size_t headers_size = end == input.npos ? input.size() : end + kHeadersEnd.size();
  return {.subject = "orders.v1.created",
          .headers = bus::ParseHeaderBlock(input.substr(0, headers_size)),
          .payload = std::string(input.substr(headers_size))};
}

void CheckHeaders(const bus::Headers& headers) {
  const bus::Headers sent = bus::ParseHeaderBlock(bus::EncodeHeaderLines(headers));
  TALLY_CHECK(bus::ParseHeaderBlock(bus::EncodeHeaderLines(sent)).entries() == sent.entries());
  const bus::Headers kept = inbox::DecodeHeaders(inbox::EncodeHeaders(headers));
  TALLY_CHECK(kept.entries() == headers.entries());
}

bool Same(const bus::Event& a, const bus::Event& b) {
  return a.Id() == b.Id() && a.source == b.source && a.type == b.type && a.subject == b.subject &&
         a.time == b.time && a.record_time == b.record_time && a.traceparent == b.traceparent &&
         a.payload == b.payload;
}

void CheckEvent(const bus::Message& message) {
  const absl::StatusOr<bus::Event> event = bus::FromMessage(message);
  if (!event.ok()) {
    TALLY_CHECK(absl::IsInvalidArgument(event.status()));
    return;
  }
  const absl::StatusOr<bus::Event> again = bus::FromMessage(bus::ToMessage(*event));
  TALLY_CHECK(again.ok() && Same(*again, *event));
}

bus::Message ToBatch(const std::vector<bus::Event>& events) {
  const bus::Event& first = events.front();
  bus::EventRun run{.lane_id = first.lane_id,
                    .first_sequence = first.sequence,
                    .source = first.source,
                    .type = first.type,
                    .subject = first.subject,
                    .entries = {}};
  for (const bus::Event& event : events) {
    run.entries.push_back({event.time, event.record_time, event.traceparent, event.payload});
  }
  return bus::ToMessage(std::move(run));
}

void CheckBatch(const bus::Message& message) {
  const absl::StatusOr<std::vector<bus::Event>> events = bus::ReadBatch(message);
  if (!events.ok()) {
    TALLY_CHECK(absl::IsInvalidArgument(events.status()));
    return;
  }
  TALLY_CHECK(!events->empty());
  for (const bus::Event& event : *events) {
    TALLY_CHECK(event.sequence == events->front().sequence + (&event - events->data()));
    CheckEvent(bus::ToMessage(event));
  }
  if (events->size() == 1) return;
  const auto again = bus::ReadBatch(ToBatch(*events));
  TALLY_CHECK(again.ok() && again->size() == events->size());
  for (size_t i = 0; i < events->size(); ++i) TALLY_CHECK(Same((*again)[i], (*events)[i]));
}

// What is applied is what is covered.
void CheckArrival(const Arrival& arrival) {
  if (!arrival.placed()) {
    TALLY_CHECK(!arrival.failure.ok() && !arrival.event_id.empty());
    return;
  }
  const absl::StatusOr<base::Uuid> lane = base::Uuid::Parse(arrival.lane_id);
  TALLY_CHECK(lane.ok() && lane->ToString() == arrival.lane_id);
  TALLY_CHECK(arrival.sequence >= 1 && !arrival.source.empty());
  if (!arrival.failure.ok()) return;
  TALLY_CHECK(arrival.event.Id() == arrival.event_id);
  TALLY_CHECK(arrival.event.lane_id == arrival.lane_id);
  TALLY_CHECK(arrival.event.sequence == arrival.sequence);
  TALLY_CHECK(arrival.event.source == arrival.source);
}

// A letter read back from its row is the event it was made of.
void CheckLetter(const Arrival& arrival) {
  const inbox::Letter letter = inbox::NewLetter(arrival, absl::UnixEpoch());
  TALLY_CHECK(letter.event_id == arrival.event_id);
  bus::Delivery row;
  row.message = letter.message;
  row.message.headers = inbox::DecodeHeaders(inbox::EncodeHeaders(letter.message.headers));
  std::vector<Arrival> read;
  inbox::ReadDelivery(row, absl::UnixEpoch(), read);
  if (!arrival.placed()) return;
  TALLY_CHECK(read.size() == 1 && read[0].event_id == arrival.event_id);
  TALLY_CHECK(read[0].failure == arrival.failure);
  TALLY_CHECK(!arrival.failure.ok() || Same(read[0].event, arrival.event));
}

inbox::EventHandler::Interest InterestIn(absl::string_view type) {
  using Interest = inbox::EventHandler::Interest;
  if (type == "tally.events.v1.OrderCreated") return Interest::kApply;
  return type == "tally.events.v1.OrderCancelled" ? Interest::kIgnore : Interest::kUnknown;
}

// Each arrival has one place in the plan; all that is placed is covered then, so that nothing of it
// is applied when it comes again.
void CheckPlan(std::vector<Arrival>& arrivals) {
  std::vector<Arrival*> batch;
  inbox::CoveredLanes covered;
  size_t unplaced = 0;
  for (Arrival& arrival : arrivals) {
    batch.push_back(&arrival);
    if (arrival.placed()) covered[arrival.lane_id];
    unplaced += arrival.placed() ? 0 : 1;
  }
  const inbox::BatchPlan plan = inbox::MakePlan(batch, InterestIn, covered);
  const auto left = static_cast<size_t>(plan.ignored + plan.duplicates);
  TALLY_CHECK(plan.apply.size() + plan.letters.size() + left == arrivals.size());
  for (const Arrival* applied : plan.apply) TALLY_CHECK(applied->failure.ok());
  const inbox::BatchPlan again = inbox::MakePlan(batch, InterestIn, covered);
  TALLY_CHECK(again.apply.empty() && again.letters.size() == unplaced && again.changed.empty());
}

}  // namespace

void Envelope(absl::string_view input) {
  bus::Delivery delivery;
  delivery.message = ReadMessage(input);
  delivery.stream_sequence = 7;
  TALLY_CHECK(inbox::Unescape(inbox::Escape(input)) == input);
  CheckHeaders(delivery.message.headers);
  CheckEvent(delivery.message);
  CheckBatch(delivery.message);
  std::vector<Arrival> arrivals;
  inbox::ReadDelivery(delivery, absl::UnixEpoch(), arrivals);
  TALLY_CHECK(!arrivals.empty());
  for (const Arrival& arrival : arrivals) {
    CheckArrival(arrival);
    CheckLetter(arrival);
  }
  CheckPlan(arrivals);
}

}  // namespace tally::fuzz
