#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "absl/types/span.h"
#include "common/inbox/batch_plan.h"
#include "common/inbox/finding.h"
#include "common/inbox/wanted_ranges.h"

namespace tally::inbox {

// How far a lane goes at its producer; see LaneExtent in tally/events/v1/healing.proto.
struct Extent {
  std::string lane_id;
  int64_t head = 0;
  int64_t published_through = 0;
  bool current = true;  // open, or with rows left
};

// Holding a producer's lanes against what a consumer has covered of them. Pure.

// What is published and not covered, at most the lowest `ranges_max` ranges of each lane.
WantedRanges Uncovered(absl::Span<const Extent> lanes, const CoveredLanes& covered,
                       size_t ranges_max);

// Whether all that is written is covered, or named by a finding.
bool CoversAll(absl::Span<const Extent> lanes, const CoveredLanes& covered,
               absl::Span<const Finding> findings);

// What the producer has lost: sequences that were covered before it was asked, above the end of
// their lane, but for those that were accepted. With `every_lane`, `lanes` are all there are, and a
// lane that is not among them is lost whole.
std::vector<Finding> LostHistory(const std::string& source, absl::Span<const Extent> lanes,
                                 bool every_lane, const CoveredLanes& covered_before,
                                 const CoveredLanes& accepted, absl::Time now);

// The findings without what is covered, but for those that are about covered events.
std::vector<Finding> WithoutCovered(absl::Span<const Finding> findings, CoveredLanes& covered);

// A finding for each part of `uncovered`, with the verdict that the first of `known` has on it, or
// kUnanswered. By lane and sequence.
std::vector<Finding> ToFindings(const std::string& source, WantedRanges uncovered,
                                absl::Span<const Finding> known, absl::Time now);

}  // namespace tally::inbox
