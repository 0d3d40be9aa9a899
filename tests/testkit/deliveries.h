#pragma once

#include <cstdint>
#include <string>
#include <utility>

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

}  // namespace tally::testkit
