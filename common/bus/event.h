#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/bus/message.h"

namespace tally::bus {

// A million events a second for thirty years: a higher sequence is a mistake. So that no sum of
// what lanes have overflows.
inline constexpr int64_t kSequenceMax = 1'000'000'000'000'000;

// A domain event as it travels: CloudEvents 1.0 attributes in NATS headers (binary mode), protobuf
// payload. The id is always "<lane>/<sequence>".
//
//   ce-specversion   1.0
//   ce-id            <lane>/<sequence>
//   ce-source        names the producer, a constant of its code
//   ce-type          full name of the payload's protobuf message
//   ce-time          when it happened
//   ce-recordedtime  when its transaction wrote it
//   ce-lane, ce-sequence
//   traceparent      W3C, optional
//   content-type     application/protobuf
struct Event {
  std::string lane_id;   // UUID, canonical text
  int64_t sequence = 0;  // 1, 2, 3 … kSequenceMax in its lane
  std::string source;
  std::string type;
  std::string subject;      // NATS subject
  absl::Time time;          // microseconds
  absl::Time record_time;   // microseconds
  std::string traceparent;  // may be empty
  std::string payload;

  std::string Id() const;
};

Message ToMessage(Event event);

// INVALID_ARGUMENT names the header that is missing or wrong.
absl::StatusOr<Event> FromMessage(const Message& message);

// Consecutive events of one lane, one subject and one type: what may travel in one message.
struct EventRun {
  struct Entry {
    absl::Time time;
    absl::Time record_time;
    std::string traceparent;
    std::string payload;
  };

  std::string lane_id;
  int64_t first_sequence = 0;
  std::string source;
  std::string type;
  std::string subject;
  std::vector<Entry> entries;  // at least one

  // "<lane>/<sequence>" of one event, "<lane>/<first>-<last>" of several.
  std::string Id() const;
};

// One event as above, several as a tally.events.v1.EventBatch.
Message ToMessage(EventRun run);

// Whether a message holds an EventBatch, judged by its content type.
bool HoldsBatch(const Message& message);

// The events of an EventBatch. INVALID_ARGUMENT names the field that is wrong.
absl::StatusOr<std::vector<Event>> ReadBatch(const Message& message);

}  // namespace tally::bus
