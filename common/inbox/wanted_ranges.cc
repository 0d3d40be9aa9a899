#include "common/inbox/wanted_ranges.h"

#include <algorithm>
#include <iterator>

namespace tally::inbox {

void WantedRanges::Add(const std::string& lane_id, base::SequenceRange range) {
  Remove(lane_id, range);
  lanes_[lane_id].emplace(range.first, range.last);
}

void WantedRanges::Remove(const std::string& lane_id, base::SequenceRange range) {
  const auto lane = lanes_.find(lane_id);
  if (lane == lanes_.end()) return;
  Ranges& ranges = lane->second;
  auto it = ranges.upper_bound(range.first);
  if (it != ranges.begin() && std::prev(it)->second >= range.first) --it;
  while (it != ranges.end() && it->first <= range.last) {
    const auto [first, last] = *it;
    it = ranges.erase(it);
    if (first < range.first) ranges.emplace(first, range.first - 1);
    if (last > range.last) ranges.emplace(range.last + 1, last);
  }
  if (ranges.empty()) lanes_.erase(lane);
}

std::vector<base::SequenceRange> WantedRanges::Within(const std::string& lane_id,
                                                      base::SequenceRange range) const {
  std::vector<base::SequenceRange> parts;
  const auto lane = lanes_.find(lane_id);
  if (lane == lanes_.end()) return parts;
  auto it = lane->second.upper_bound(range.first);
  if (it != lane->second.begin() && std::prev(it)->second >= range.first) --it;
  for (; it != lane->second.end() && it->first <= range.last; ++it) {
    parts.push_back({std::max(it->first, range.first), std::min(it->second, range.last)});
  }
  return parts;
}

std::vector<LaneRange> WantedRanges::Lowest(size_t max) const {
  std::vector<LaneRange> lowest;
  for (const auto& [lane_id, ranges] : lanes_) {
    for (const auto& [first, last] : ranges) {
      if (lowest.size() == max) return lowest;
      lowest.push_back({lane_id, {first, last}});
    }
  }
  return lowest;
}

size_t WantedRanges::ranges() const {
  size_t count = 0;
  for (const auto& [lane_id, ranges] : lanes_) count += ranges.size();
  return count;
}

int64_t WantedRanges::events() const {
  int64_t count = 0;
  for (const auto& [lane_id, ranges] : lanes_) {
    for (const auto& [first, last] : ranges) count += last - first + 1;
  }
  return count;
}

}  // namespace tally::inbox
