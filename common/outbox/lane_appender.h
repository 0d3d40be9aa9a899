#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/time/time.h"
#include "common/outbox/outbox_event.h"

namespace tally::outbox {

// An event that a batch wants to append to its lane.
struct NewEvent {
  std::string subject = {};
  std::string type = {};
  std::string payload = {};      // its size is limited by the service, when it takes the command
  absl::Time time = {};          // when it happened
  std::string traceparent = {};  // may be empty; one line
};

// The lane as a batch sees it: hands out sequences in call order. Nothing is written until the
// handler has returned OK. Not thread-safe.
class LaneAppender {
 public:
  LaneAppender(std::string lane_id, int64_t head, absl::Time record_time)
      : lane_id_(std::move(lane_id)), head_(head), record_time_(record_time) {}

  const std::string& lane_id() const { return lane_id_; }
  absl::Time record_time() const { return record_time_; }
  // The last sequence, the events appended so far included.
  int64_t head() const { return head_ + static_cast<int64_t>(events_.size()); }
  int64_t next_sequence() const { return head() + 1; }

  // Returns the sequence the event will have.
  int64_t Append(NewEvent event) {
    events_.push_back({.sequence = next_sequence(),
                       .subject = std::move(event.subject),
                       .type = std::move(event.type),
                       .payload = std::move(event.payload),
                       .time = event.time,
                       .record_time = record_time_,
                       .traceparent = std::move(event.traceparent)});
    return events_.back().sequence;
  }

  const std::vector<OutboxEvent>& events() const { return events_; }
  std::vector<OutboxEvent> TakeEvents() && { return std::move(events_); }

 private:
  std::string lane_id_;
  int64_t head_;
  absl::Time record_time_;
  std::vector<OutboxEvent> events_;
};

}  // namespace tally::outbox
