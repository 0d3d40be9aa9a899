#include "common/inbox/letter_policy.h"

#include <algorithm>

#include "common/base/check.h"

namespace tally::inbox {
namespace {

constexpr size_t kErrorBytesMax = 1000;

bool IsOver(const LetterPolicy& policy, Fault fault, absl::Time now, const Letter& letter) {
  switch (fault) {
    case Fault::kUndecodable:
      return true;
    case Fault::kUnknownType:
      return now - letter.first_failure >= policy.unknown_type_for;
    case Fault::kEvent:
      return letter.attempts >= policy.attempts_max;
    case Fault::kUnclear:
    case Fault::kDatabase:
      return false;
  }
  return false;
}

}  // namespace

void RecordFailure(const LetterPolicy& policy, Fault fault, const absl::Status& error,
                   absl::Time now, double uniform01, Letter& letter) {
  TALLY_CHECK(fault != Fault::kDatabase);
  if (fault == Fault::kEvent || fault == Fault::kUndecodable) ++letter.attempts;
  letter.error = error.ToString().substr(0, kErrorBytesMax);
  letter.changed = now;
  letter.state = IsOver(policy, fault, now, letter) ? LetterState::kDead : LetterState::kRetrying;
  const int attempt = static_cast<int>(std::min<int64_t>(letter.attempts, policy.attempts_max));
  base::BackoffPolicy backoff = policy.backoff;
  if (fault != Fault::kEvent) backoff.initial = backoff.max;
  letter.next_attempt = now + base::Delay(backoff, attempt, uniform01);
}

}  // namespace tally::inbox
