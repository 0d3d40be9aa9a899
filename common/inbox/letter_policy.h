#pragma once

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "common/base/backoff.h"
#include "common/inbox/fault.h"
#include "common/inbox/letter.h"

namespace tally::inbox {

struct LetterPolicy {
  base::BackoffPolicy backoff = {.initial = absl::Seconds(1), .max = absl::Minutes(10)};
  int attempts_max = 10;                              // then dead
  absl::Duration unknown_type_for = absl::Hours(72);  // retried slowly this long, then dead
  int unended_max = 3;                                // attempts that never ended, then dead
  // For so long nobody else tries a letter that is being tried: longer than a handler may take.
  absl::Duration attempt_time = absl::Seconds(30);
};

// What a failed attempt makes of `letter`; pure. `uniform01` in [0, 1) is the chance in the jitter.
//
//   kUndecodable → dead at once
//   kEvent       → counted, tried again after the back-off, dead at attempts_max
//   kUnknownType → tried again slowly, dead after unknown_type_for
//   kUnended     → counted apart, tried again after the first back-off
//   kUnclear     → not counted, tried again slowly for as long as it takes
//   kDatabase    → not counted, tried again after twice the pause before, for as long as it takes
void RecordFailure(const LetterPolicy& policy, Fault fault, const absl::Status& error,
                   absl::Time now, double uniform01, Letter& letter);

// What is to be written before a due letter is tried: an attempt is begun, and has not ended unless
// it says so itself. Too many that did not: dead, and not to be tried.
void RecordBegin(const LetterPolicy& policy, absl::Time now, Letter& letter);

}  // namespace tally::inbox
