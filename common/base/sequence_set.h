#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace tally::base {

// Sequences first..last, both included.
struct SequenceRange {
  int64_t first;
  int64_t last;

  friend bool operator==(const SequenceRange&, const SequenceRange&) = default;
};

// What is covered of a lane: everything from 1 to through(), and ranges above it.
//
// The ranges are sorted, disjoint, not adjacent, and none touches through(): one set has one
// representation, so equal sets have equal text. Memory is 16 bytes for each range; callers watch
// ranges().size() to bound it. Adding costs a binary search, and below the end a move of the ranges
// above. Every int64 from 1 up is a sequence; a smaller one is a mistake of the caller and ends the
// process. A value; not thread-safe.
class SequenceSet {
 public:
  SequenceSet() = default;
  explicit SequenceSet(int64_t through);

  // Reads what through() and Encode() gave. InvalidArgument for anything else, a set in another
  // form included: a row that does not read back as written is damaged.
  static absl::StatusOr<SequenceSet> Parse(int64_t through, absl::string_view ranges);

  // The ranges above through() as text: "7-9,12"; empty where there are none.
  std::string Encode() const;

  // Returns false if `sequence` was there already.
  bool Add(int64_t sequence);
  void Add(SequenceRange range);
  void Merge(const SequenceSet& other);

  bool Contains(int64_t sequence) const;

  // What is not covered in 1..upto, in order; at most one range more than ranges() has. Nothing if
  // upto is below 1.
  std::vector<SequenceRange> Missing(int64_t upto) const;
  // The same, within a range.
  std::vector<SequenceRange> Missing(SequenceRange within) const;

  // What is in this set and not in the other.
  SequenceSet Without(const SequenceSet& other) const;

  int64_t through() const { return through_; }
  const std::vector<SequenceRange>& ranges() const { return ranges_; }
  // The highest covered sequence, ranges included; 0 for the empty set.
  int64_t highest() const { return ranges_.empty() ? through_ : ranges_.back().last; }

  friend bool operator==(const SequenceSet&, const SequenceSet&) = default;

 private:
  int64_t through_ = 0;
  std::vector<SequenceRange> ranges_;
};

}  // namespace tally::base
