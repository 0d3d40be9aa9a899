#pragma once

#include <cstdint>

#include "absl/time/time.h"

namespace tally::inbox {

// How far a consumer is, as this replica sees it; see Freshness in tally.activity.v1.
struct Progress {
  bool connected = false;  // to the bus, stream and durable found
  // Every event committed before this time is covered, or named by a finding; InfinitePast() while
  // not known. Without producers to ask: all that the stream held at this time is covered.
  absl::Time as_of = absl::InfinitePast();
  // When all producers were last asked how much there is; InfinitePast(): never.
  absl::Time producers_answered = absl::InfinitePast();
  // They had recorded more by then than is covered.
  bool behind_producers = false;
  int64_t pending = 0;  // messages in the stream, not covered yet, as last seen
  int64_t letters_retrying = 0;
  int64_t letters_dead = 0;
};

}  // namespace tally::inbox
