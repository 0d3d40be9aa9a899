#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>
#include <utility>

#include "absl/time/time.h"
#include "common/outbox/lane_outbound.h"
#include "common/outbox/outbox_event.h"

namespace tally::outbox {

// A lane that a relay holds.
struct RelayLane {
  RelayLane(std::string lane_id, LaneOutbound lane_outbound)
      : id(std::move(lane_id)),
        outbound(std::move(lane_outbound)),
        saved_through(outbound.published_through()) {}

  bool finished() const { return closed && outbound.done(); }

  bool unsaved() const { return finished() || outbound.published_through() != saved_through; }

  const std::string id;
  LaneOutbound outbound;
  bool closed = false;    // outbound.head() is the final sequence
  int64_t saved_through;  // the cursor in the table
  std::deque<OutboxEvent>
      cache;  // what the writer handed over and is not sent; ascending, may have gaps
  absl::Time read_after =
      absl::InfinitePast();   // the table did not give what it should: not before this
  int64_t alone_through = 0;  // a message of several was refused: up to here each travels alone
  // The stream may hold events up to here of which nobody acknowledged anything: sent by another
  // process, or without an answer.
  int64_t unknown_through = 0;
  bool alarmed = false;  // an unexpected duplicate was reported
  bool parked = false;   // no lane that is held, but one parked event that is tried again
};

}  // namespace tally::outbox
