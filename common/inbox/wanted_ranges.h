#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "common/base/sequence_set.h"

namespace tally::inbox {

// A run of sequences of a lane.
struct LaneRange {
  std::string lane_id;
  base::SequenceRange range;

  friend bool operator==(const LaneRange&, const LaneRange&) = default;
};

// Sequences by lane, as ranges apart from each other, from which parts can be taken out again. A
// value; pure; not thread-safe.
class WantedRanges {
 public:
  void Add(const std::string& lane_id, base::SequenceRange range);
  void Remove(const std::string& lane_id, base::SequenceRange range);
  // The parts of the range that are in it, ascending.
  std::vector<base::SequenceRange> Within(const std::string& lane_id,
                                          base::SequenceRange range) const;
  // The lowest `max` ranges, by lane and sequence.
  std::vector<LaneRange> Lowest(size_t max) const;

  bool empty() const { return lanes_.empty(); }
  size_t ranges() const;
  int64_t events() const;

 private:
  using Ranges = std::map<int64_t, int64_t>;  // first → last
  std::map<std::string, Ranges> lanes_;       // none of them empty
};

}  // namespace tally::inbox
