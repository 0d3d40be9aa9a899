#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "common/base/sequence_set.h"

namespace tally::inbox {

// A range in which a consumer and a producer do not agree.
struct Finding {
  enum class Verdict {
    kUnanswered,  // published, not covered here, and the producer did not tell yet what became of
                  // it
    kParked,      // the producer keeps it parked
    kTrimmed,     // retention removed it at the producer before it was covered here
    kUnknown,     // the producer's database does not know it: it has lost history
  };

  std::string lane_id = {};  // a UUID in lower case
  base::SequenceRange range = {};
  std::string source = {};
  Verdict verdict = Verdict::kUnanswered;
  bool covered = false;  // here; nothing is missing from what this consumer counts
  absl::Time noticed = absl::UnixEpoch();  // when it was first found

  friend bool operator==(const Finding&, const Finding&) = default;
};

// "unanswered", "parked", "trimmed", "unknown", as in the table.
absl::string_view Name(Finding::Verdict verdict);
absl::StatusOr<Finding::Verdict> ParseVerdict(absl::string_view name);

// By lane and sequence.
void SortFindings(std::vector<Finding>& findings);

// Gives each finding the time at which any part of it was first found: `before` holds what was
// known until now. Both ascending by lane and range, those of `before` apart from each other. Pure.
void KeepNoticeTimes(absl::Span<const Finding> before, std::vector<Finding>& findings);

}  // namespace tally::inbox
