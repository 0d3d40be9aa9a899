#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "common/bus/event.h"
#include "common/bus/message.h"

namespace tally::testkit {

// A lane id for each number; ordered like the numbers.
inline std::string Lane(int number) {
  return absl::StrCat("018f0000-0000-7000-8000-", absl::Dec(number, absl::kZeroPad12));
}

// An event as a producer named "tests" would write it.
inline bus::Event MakeEvent(int lane, int64_t sequence, std::string payload = "1",
                            std::string type = "counted") {
  return {.lane_id = Lane(lane),
          .sequence = sequence,
          .source = "tests",
          .type = std::move(type),
          .subject = "tests.v1.counted",
          .time = absl::FromUnixSeconds(1'700'000'000),
          .record_time = absl::FromUnixSeconds(1'700'000'001),
          .traceparent = "",
          .payload = std::move(payload)};
}

// The delivery of a message, as if it had come from position `stream_sequence` of a stream.
inline bus::Delivery Deliver(bus::Message message, int64_t stream_sequence = 1) {
  bus::Delivery delivery;
  delivery.message = std::move(message);
  delivery.stream_sequence = stream_sequence;
  delivery.stored_time = absl::FromUnixSeconds(1'700'000'002);
  return delivery;
}
inline bus::Delivery Deliver(const bus::Event& event, int64_t stream_sequence = 1) {
  return Deliver(bus::ToMessage(event), stream_sequence);
}

// The delivery of one message with an event for each payload, from `first_sequence` on.
inline bus::Delivery DeliverTogether(int lane, int64_t first_sequence,
                                     const std::vector<std::string>& payloads,
                                     int64_t stream_sequence = 1) {
  bus::Event event = MakeEvent(lane, first_sequence);
  bus::EventRun run{.lane_id = event.lane_id,
                    .first_sequence = first_sequence,
                    .source = event.source,
                    .type = event.type,
                    .subject = event.subject,
                    .entries = {}};
  for (const std::string& payload : payloads) {
    run.entries.push_back({event.time, event.record_time, event.traceparent, payload});
  }
  return Deliver(bus::ToMessage(std::move(run)), stream_sequence);
}

}  // namespace tally::testkit
