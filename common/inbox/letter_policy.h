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
};

// What a failed attempt makes of `letter`; pure. `uniform01` in [0, 1) is the chance in the jitter.
//
//   kUndecodable → dead at once
//   kEvent       → counted, tried again after the back-off, dead at attempts_max
//   kUnknownType → tried again slowly, dead after unknown_type_for
//   kUnclear     → not counted, tried again slowly for as long as it takes
//
// Not for kDatabase, which is no attempt at all.
void RecordFailure(const LetterPolicy& policy, Fault fault, const absl::Status& error,
                   absl::Time now, double uniform01, Letter& letter);

}  // namespace tally::inbox
