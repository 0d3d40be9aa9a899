#include "common/inbox/arrival.h"

#include <algorithm>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "common/base/uuid.h"

namespace tally::inbox {
namespace {

constexpr size_t kSourceBytesMax = 255;

bool IsSource(absl::string_view source) {
  return !source.empty() && source.size() <= kSourceBytesMax &&
         std::all_of(source.begin(), source.end(), [](char c) { return absl::ascii_isgraph(c); });
}

void Place(const bus::Headers& headers, Arrival& arrival) {
  const absl::string_view source = headers.Get("ce-source");
  const absl::StatusOr<base::Uuid> lane = base::Uuid::Parse(headers.Get("ce-lane"));
  int64_t sequence = 0;
  if (!IsSource(source) || !lane.ok()) return;
  if (!absl::SimpleAtoi(headers.Get("ce-sequence"), &sequence) || sequence < 1 ||
      sequence > bus::kSequenceMax) {
    return;
  }
  arrival.lane_id = lane->ToString();
  arrival.sequence = sequence;
  arrival.source = std::string(source);
}

Arrival Unplaced(const bus::Delivery& delivery, absl::Time stream_created, absl::Status why) {
  Arrival arrival;
  arrival.delivery = &delivery;
  arrival.event_id =
      absl::StrCat(absl::ToUnixMicros(stream_created), "#", delivery.stream_sequence);
  arrival.Fail(Fault::kUndecodable, std::move(why));
  return arrival;
}

Arrival Placed(const bus::Delivery& delivery, bus::Event event) {
  Arrival arrival;
  arrival.delivery = &delivery;
  arrival.event_id = event.Id();
  arrival.lane_id = event.lane_id;
  arrival.sequence = event.sequence;
  arrival.source = event.source;
  arrival.event = std::move(event);
  return arrival;
}

Arrival ReadEvent(const bus::Delivery& delivery, absl::Time stream_created) {
  Arrival arrival;
  arrival.delivery = &delivery;
  Place(delivery.message.headers, arrival);
  if (!arrival.placed()) {
    return Unplaced(delivery, stream_created,
                    absl::InvalidArgumentError("no valid ce-source, ce-lane and ce-sequence"));
  }
  arrival.event_id = absl::StrCat(arrival.lane_id, "/", arrival.sequence);
  absl::StatusOr<bus::Event> event = bus::FromMessage(delivery.message);
  if (event.ok()) {
    arrival.event = *std::move(event);
  } else {
    arrival.Fail(Fault::kUndecodable, std::move(event).status());
  }
  return arrival;
}

}  // namespace

void ReadDelivery(const bus::Delivery& delivery, absl::Time stream_created,
                  std::vector<Arrival>& arrivals) {
  if (!bus::HoldsBatch(delivery.message)) {
    arrivals.push_back(ReadEvent(delivery, stream_created));
    return;
  }
  absl::StatusOr<std::vector<bus::Event>> batch = bus::ReadBatch(delivery.message);
  if (batch.ok() && !IsSource(batch->front().source)) {
    batch = absl::InvalidArgumentError("event batch: source: must be printable ASCII");
  }
  if (!batch.ok()) {
    arrivals.push_back(Unplaced(delivery, stream_created, batch.status()));
    return;
  }
  for (bus::Event& event : *batch) arrivals.push_back(Placed(delivery, std::move(event)));
}

Letter NewLetter(const Arrival& arrival, absl::Time now) {
  Letter letter;
  letter.event_id = arrival.event_id;
  if (arrival.placed()) {
    letter.lane_id = arrival.lane_id;
    letter.sequence = arrival.sequence;
  }
  const bus::Message& message = arrival.delivery->message;
  letter.message =
      arrival.placed() && bus::HoldsBatch(message) ? bus::ToMessage(arrival.event) : message;
  letter.type = std::string(letter.message.headers.Get("ce-type"));
  letter.first_failure = now;
  return letter;
}

}  // namespace tally::inbox
