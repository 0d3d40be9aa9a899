#pragma once

#include <cstdint>
#include <deque>

#include "absl/time/time.h"
#include "common/bus/bus.h"

namespace tally::inbox {

// Works out up to which time all that the stream held is covered. Never goes back. Pure; not
// thread-safe.
//
// Idle, the durable says it: nothing pending and nothing awaiting acknowledgement, at any replica.
// Under load its acknowledgement floor says it: all up to it is covered, and from the deliveries
// covered here it is known when the stream took one below it.
class Freshness {
 public:
  // A delivery was covered here; `stored` by the bus' clock.
  void Covered(int64_t stream_sequence, absl::Time stored);
  // `asked` is from before the question was put; what the stream took just then may not be in the
  // answer yet.
  void Saw(absl::Time asked, const bus::DurableState& durable);
  // The stream was made anew: its sequences begin again.
  void Restart() { covered_.clear(); }

  // InfinitePast() if not known yet.
  absl::Time as_of() const { return as_of_; }

 private:
  struct Mark {
    int64_t stream_sequence;
    absl::Time stored;
  };
  std::deque<Mark> covered_;  // ascending; bounded, the oldest goes first
  absl::Time as_of_ = absl::InfinitePast();
};

}  // namespace tally::inbox
