#include "common/base/sequence_set.h"

#include <algorithm>

#include "absl/status/status.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "common/base/check.h"

// Adjacency is always tested as `last >= first - 1`: last + 1 would overflow at the largest
// sequence.

namespace tally::base {
namespace {

void AppendRange(std::string* out, const SequenceRange& range) {
  absl::StrAppend(out, range.first);
  if (range.last > range.first) absl::StrAppend(out, "-", range.last);
}

// Only text that AppendRange would write: no signs, spaces, zeros in front, ends in reverse.
absl::StatusOr<SequenceRange> ParseRange(absl::string_view text) {
  const std::pair<absl::string_view, absl::string_view> ends =
      absl::StrSplit(text, absl::MaxSplits('-', 1));
  SequenceRange range;
  std::string canonical;
  if (absl::SimpleAtoi(ends.first, &range.first)) {
    range.last = range.first;
    if (ends.second.empty() || absl::SimpleAtoi(ends.second, &range.last)) {
      AppendRange(&canonical, range);
    }
  }
  if (canonical != text) {
    return absl::InvalidArgumentError(absl::StrCat("not a range of sequences: \"", text, "\""));
  }
  return range;
}

// The first range that ends at `sequence` or above.
template <typename Ranges>
auto FirstEndingFrom(Ranges& ranges, int64_t sequence) {
  return std::lower_bound(ranges.begin(), ranges.end(), sequence,
                          [](const SequenceRange& range, int64_t s) { return range.last < s; });
}

}  // namespace

SequenceSet::SequenceSet(int64_t through) : through_(through) { TALLY_CHECK(through >= 0); }

absl::StatusOr<SequenceSet> SequenceSet::Parse(int64_t through, absl::string_view ranges) {
  if (through < 0) return absl::InvalidArgumentError(absl::StrCat("negative through: ", through));
  SequenceSet set(through);
  if (ranges.empty()) return set;
  for (const absl::string_view text : absl::StrSplit(ranges, ',')) {
    absl::StatusOr<SequenceRange> range = ParseRange(text);
    if (!range.ok()) return range.status();
    if (range->first - 1 <= set.highest()) {
      return absl::InvalidArgumentError(
          absl::StrCat("range out of order, or touches the one before: \"", text, "\""));
    }
    set.ranges_.push_back(*range);
  }
  return set;
}

std::string SequenceSet::Encode() const { return absl::StrJoin(ranges_, ",", AppendRange); }

bool SequenceSet::Add(int64_t sequence) {
  if (Contains(sequence)) return false;
  Add({sequence, sequence});
  return true;
}

void SequenceSet::Add(SequenceRange range) {
  TALLY_CHECK(range.first >= 1 && range.first <= range.last);
  // What the new range overlaps or touches becomes one with it: ranges_ from `begin` to `end`.
  const auto begin = FirstEndingFrom(ranges_, range.first - 1);
  auto end = begin;
  for (; end != ranges_.end() && end->first - 1 <= range.last; ++end) {
    range = {std::min(range.first, end->first), std::max(range.last, end->last)};
  }
  if (range.first - 1 <= through_) {
    through_ = std::max(through_, range.last);
    ranges_.erase(begin, end);
  } else if (begin == end) {
    ranges_.insert(begin, range);
  } else {
    *begin = range;
    ranges_.erase(begin + 1, end);
  }
}

void SequenceSet::Merge(const SequenceSet& other) {
  if (other.through_ > 0) Add({1, other.through_});
  for (const SequenceRange& range : other.ranges_) Add(range);
}

bool SequenceSet::Contains(int64_t sequence) const {
  TALLY_CHECK(sequence >= 1);
  if (sequence <= through_) return true;
  if (sequence > highest()) return false;
  return FirstEndingFrom(ranges_, sequence)->first <= sequence;
}

std::vector<SequenceRange> SequenceSet::Missing(int64_t upto) const {
  std::vector<SequenceRange> missing;
  int64_t covered = through_;
  for (const SequenceRange& range : ranges_) {
    if (range.first > upto) break;
    missing.push_back({covered + 1, range.first - 1});
    covered = range.last;
  }
  if (covered < upto) missing.push_back({covered + 1, upto});
  return missing;
}

std::vector<SequenceRange> SequenceSet::Missing(SequenceRange within) const {
  std::vector<SequenceRange> missing;
  for (SequenceRange gap : Missing(within.last)) {
    gap.first = std::max(gap.first, within.first);
    if (gap.first <= gap.last) missing.push_back(gap);
  }
  return missing;
}

SequenceSet SequenceSet::Without(const SequenceSet& other) const {
  SequenceSet rest;
  const auto add = [&](SequenceRange range) {
    for (const SequenceRange& left : other.Missing(range)) rest.Add(left);
  };
  if (through_ > 0) add({1, through_});
  for (const SequenceRange& range : ranges_) add(range);
  return rest;
}

}  // namespace tally::base
