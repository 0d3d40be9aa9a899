#pragma once

#include <string>
#include <vector>

#include "absl/time/time.h"

namespace tally::outbox {

// What operators should know of a relay; a value.
struct RelayCondition {
  // InfiniteFuture() and empty while the bus takes events.
  absl::Time stalled_since = absl::InfiniteFuture();
  std::string stalled_by;

  // Lanes whose new events the stream held for duplicates, in this life of the process; the first
  // few.
  struct UnexpectedDuplicate {
    std::string lane_id;
    absl::Time noticed;
  };
  std::vector<UnexpectedDuplicate> duplicates;
};

}  // namespace tally::outbox
