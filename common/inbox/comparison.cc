#include "common/inbox/comparison.h"

#include <algorithm>
#include <set>
#include <utility>

namespace tally::inbox {
namespace {

const base::SequenceSet& Find(const CoveredLanes& covered, const std::string& lane_id) {
  static const base::SequenceSet* const kNothing = new base::SequenceSet;
  const auto lane = covered.find(lane_id);
  return lane == covered.end() ? *kNothing : lane->second;
}

Finding Lost(const std::string& source, const std::string& lane_id, base::SequenceRange range,
             absl::Time now) {
  return {.lane_id = lane_id,
          .range = range,
          .source = source,
          .verdict = Finding::Verdict::kUnknown,
          .covered = true,
          .noticed = now};
}

}  // namespace

WantedRanges Uncovered(absl::Span<const Extent> lanes, const CoveredLanes& covered,
                       size_t ranges_max) {
  WantedRanges uncovered;
  for (const Extent& lane : lanes) {
    size_t ranges = 0;
    for (const base::SequenceRange range :
         Find(covered, lane.lane_id).Missing(lane.published_through)) {
      if (++ranges > ranges_max) break;
      uncovered.Add(lane.lane_id, range);
    }
  }
  return uncovered;
}

bool CoversAll(absl::Span<const Extent> lanes, const CoveredLanes& covered,
               absl::Span<const Finding> findings) {
  CoveredLanes settled;
  for (const Extent& lane : lanes) settled[lane.lane_id] = Find(covered, lane.lane_id);
  for (const Finding& finding : findings) {
    const auto lane = settled.find(finding.lane_id);
    if (lane != settled.end()) lane->second.Add(finding.range);
  }
  return std::all_of(lanes.begin(), lanes.end(), [&](const Extent& lane) {
    return settled[lane.lane_id].through() >= lane.head;
  });
}

std::vector<Finding> LostHistory(const std::string& source, absl::Span<const Extent> lanes,
                                 bool every_lane, const CoveredLanes& covered_before,
                                 const CoveredLanes& accepted, absl::Time now) {
  std::vector<Finding> lost;
  const auto lose = [&](const std::string& lane_id, base::SequenceRange range) {
    for (const base::SequenceRange part : Find(accepted, lane_id).Missing(range)) {
      lost.push_back(Lost(source, lane_id, part, now));
    }
  };
  std::set<std::string> listed;
  for (const Extent& lane : lanes) {
    listed.insert(lane.lane_id);
    const int64_t highest = Find(covered_before, lane.lane_id).highest();
    if (highest > lane.head) lose(lane.lane_id, {lane.head + 1, highest});
  }
  for (const auto& [lane_id, covered] : covered_before) {
    if (!every_lane || covered.highest() == 0 || listed.contains(lane_id)) continue;
    lose(lane_id, {1, covered.highest()});
  }
  SortFindings(lost);
  return lost;
}

std::vector<Finding> WithoutCovered(absl::Span<const Finding> findings, CoveredLanes& covered) {
  std::vector<Finding> left;
  for (const Finding& finding : findings) {
    if (finding.covered) {
      left.push_back(finding);
      continue;
    }
    for (const base::SequenceRange gap : covered[finding.lane_id].Missing(finding.range)) {
      left.push_back(finding);
      left.back().range = gap;
    }
  }
  return left;
}

std::vector<Finding> ToFindings(const std::string& source, WantedRanges uncovered,
                                absl::Span<const Finding> known, absl::Time now) {
  std::vector<Finding> findings;
  const auto take = [&](const std::string& lane_id, base::SequenceRange range,
                        Finding::Verdict verdict) {
    for (const base::SequenceRange part : uncovered.Within(lane_id, range)) {
      findings.push_back({.lane_id = lane_id,
                          .range = part,
                          .source = source,
                          .verdict = verdict,
                          .noticed = now});
    }
    uncovered.Remove(lane_id, range);
  };
  for (const Finding& finding : known) {
    if (!finding.covered) take(finding.lane_id, finding.range, finding.verdict);
  }
  for (const LaneRange& rest : uncovered.Lowest(uncovered.ranges())) {
    take(rest.lane_id, rest.range, Finding::Verdict::kUnanswered);
  }
  SortFindings(findings);
  return findings;
}

}  // namespace tally::inbox
