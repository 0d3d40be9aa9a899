#include "common/inbox/narrowing.h"

#include <algorithm>
#include <set>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace tally::inbox {
namespace {

void Split(const std::vector<Arrival*>& suspects, Narrowing& narrowing) {
  const size_t size = suspects.size() / Narrowing::kParts;
  if (size <= 1) {
    narrowing.alone = suspects;
    return;
  }
  for (auto first = suspects.begin(); first != suspects.end();) {
    const auto left = static_cast<size_t>(suspects.end() - first);
    const auto last = first + static_cast<std::ptrdiff_t>(std::min(size, left));
    narrowing.parts.emplace_back(first, last);
    first = last;
  }
}

}  // namespace

Narrowing Narrow(absl::Span<Arrival* const> arrivals, const LaneMarks& lanes) {
  Narrowing narrowing;
  std::vector<Arrival*> suspects;
  std::set<std::pair<absl::string_view, int64_t>> suspected;
  for (Arrival* arrival : arrivals) {
    const auto lane = lanes.find(arrival->lane_id);
    const bool known = lane != lanes.end();
    if (!arrival->failure.ok() || (known && lane->second.covered.Contains(arrival->sequence))) {
      narrowing.settled.push_back(arrival);
    } else if (!known || !lane->second.begun.any.Contains(arrival->sequence)) {
      narrowing.unmarked.push_back(arrival);
    } else if (!lane->second.begun.alone.Contains(arrival->sequence)) {
      // A copy would fail like the other, and look as if everything failed.
      if (suspected.emplace(arrival->lane_id, arrival->sequence).second)
        suspects.push_back(arrival);
    } else {
      arrival->Fail(Fault::kUnended,
                    absl::AbortedError("the process ended while this event was being applied"));
      narrowing.settled.push_back(arrival);
      narrowing.to_blame.push_back(arrival);
    }
  }
  narrowing.suspects = suspects.size();
  if (!suspects.empty()) narrowing.first_suspect = suspects.front()->event_id;
  Split(suspects, narrowing);
  return narrowing;
}

BegunLanes MarkBegun(absl::Span<Arrival* const> arrivals, absl::Span<Arrival* const> part,
                     const LaneMarks& lanes) {
  CoveredLanes settled;
  for (const Arrival* arrival : arrivals) {
    if (arrival->placed()) settled[arrival->lane_id].Add(arrival->sequence);
  }
  BegunLanes begun;
  for (auto& [lane_id, sequences] : settled) {
    Begun& open = begun[lane_id];
    if (const auto lane = lanes.find(lane_id); lane != lanes.end()) {
      sequences.Merge(lane->second.covered);
      open.any = lane->second.begun.any.Without(sequences);
      open.alone = lane->second.begun.alone.Without(sequences);
    }
  }
  for (const Arrival* arrival : part) {
    Begun& open = begun[arrival->lane_id];
    open.any.Add(arrival->sequence);
    if (part.size() == 1) open.alone.Add(arrival->sequence);
  }
  return begun;
}

}  // namespace tally::inbox
