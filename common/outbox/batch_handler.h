#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "common/db/transaction.h"
#include "common/outbox/command.h"

namespace tally::outbox {

// An event a batch wants to append to its lane.
struct NewEvent {
  std::string subject;
  std::string type;
  std::string payload;      // at most max_event_bytes, checked by the service when it takes the command
  absl::Time time;          // when it happened
  std::string traceparent;  // may be empty
};

// The lane as a batch sees it: hands out sequences in call order. Nothing is written until the handler returned OK.
class LaneAppender {
 public:
  LaneAppender(std::string lane_id, int64_t head, absl::Time record_time)
      : lane_id_(std::move(lane_id)), head_(head), record_time_(record_time) {}

  const std::string& lane_id() const { return lane_id_; }
  absl::Time record_time() const { return record_time_; }
  int64_t next_sequence() const { return head_ + 1 + static_cast<int64_t>(events_.size()); }
  // Returns the sequence the event will have.
  int64_t Append(NewEvent event) {
    events_.push_back(std::move(event));
    return head_ + static_cast<int64_t>(events_.size());
  }
  std::vector<NewEvent>& events() { return events_; }

 private:
  std::string lane_id_;
  int64_t head_;
  absl::Time record_time_;
  std::vector<NewEvent> events_;
};

// What a service writes for a batch of its commands. Called by writers, each from its own thread, inside a transaction that
// already holds the lane's fence.
class BatchHandler {
 public:
  virtual ~BatchHandler() = default;

  // Decides every command (keeping the decision in it, replacing one of an earlier attempt), writes the service's own
  // rows, and appends the events of what was decided. Nothing decided is told to callers before the commit.
  //
  // `attempt` counts from 1 for this set of commands. From 2 on they may have been written already: by a transaction whose
  // outcome was unknown, or by another writer; look before writing. Returning ABORTED asks for another attempt at once (a
  // concurrent writer took a unique key in between); a db error is treated by its kind.
  virtual absl::Status Write(db::Transaction& transaction, absl::Span<Command* const> commands, LaneAppender& lane,
                             int attempt) = 0;
};

}  // namespace tally::outbox
