#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "common/base/sequence_set.h"
#include "common/outbox/lane_store.h"
#include "common/outbox/outbox_event.h"

namespace tally::outbox {

// An event that the bus refused, by its place in a lane.
struct ParkedMark {
  int64_t sequence = 0;
  bool is_void = false;     // an operator gave it up
  std::string reason = {};  // that the operator gave
};

// What became of a run of sequences; see RangeVerdict in tally/events/v1/healing.proto.
struct RangeVerdict {
  enum class Kind { kEvents, kParked, kVoid, kTrimmed, kUnknown };

  base::SequenceRange range;
  Kind kind;
  std::string reason = {};  // of kVoid

  friend bool operator==(const RangeVerdict&, const RangeVerdict&) = default;
};

// Judges every sequence of `asked`, given all that the tables have of it: the lane (nullopt: there
// is none), its events and its parked events, both ascending. Sequences that are written and not
// published yet get no verdict: the relay is about to try them, and what becomes of them is open.
// Verdicts are ascending and as long as can be. Pure.
std::vector<RangeVerdict> JudgeRange(base::SequenceRange asked,
                                     const std::optional<LaneStatus>& lane,
                                     const std::vector<OutboxEvent>& events,
                                     const std::vector<ParkedMark>& parked);

}  // namespace tally::outbox
