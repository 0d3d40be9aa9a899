#include "common/inbox/letter_policy.h"

#include <algorithm>

#include "common/base/backoff.h"

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
    case Fault::kUnended:
    case Fault::kUnclear:
    case Fault::kDatabase:
      return false;
  }
  return false;
}

absl::Duration PauseAfter(const LetterPolicy& policy, Fault fault, double uniform01,
                          const Letter& letter) {
  base::BackoffPolicy backoff = policy.backoff;
  switch (fault) {
    case Fault::kUndecodable:
    case Fault::kUnknownType:
    case Fault::kUnclear:
      backoff.initial = backoff.max;
      break;
    case Fault::kDatabase:
      backoff.initial =
          std::clamp(2 * (letter.next_attempt - letter.changed), backoff.initial, backoff.max);
      return base::Delay(backoff, 1, uniform01);
    case Fault::kUnended:
      return base::Delay(backoff, 1, uniform01);
    case Fault::kEvent:
      break;
  }
  const int attempt = static_cast<int>(std::min<int64_t>(letter.attempts, policy.attempts_max));
  return base::Delay(backoff, attempt, uniform01);
}

}  // namespace

void RecordFailure(const LetterPolicy& policy, Fault fault, const absl::Status& error,
                   absl::Time now, double uniform01, Letter& letter) {
  if (fault == Fault::kEvent || fault == Fault::kUndecodable) ++letter.attempts;
  if (fault == Fault::kUnended) ++letter.unended;
  const absl::Duration pause = PauseAfter(policy, fault, uniform01, letter);
  letter.error = error.ToString().substr(0, kErrorBytesMax);
  letter.changed = now;
  letter.state = IsOver(policy, fault, now, letter) ? LetterState::kDead : LetterState::kRetrying;
  letter.next_attempt = now + pause;
}

void RecordBegin(const LetterPolicy& policy, absl::Time now, Letter& letter) {
  letter.changed = now;
  if (letter.unended >= policy.unended_max) {
    letter.state = LetterState::kDead;
    return;
  }
  ++letter.unended;
  letter.error = "an attempt was begun and has not ended: one is under way, or the process ended";
  letter.next_attempt = now + policy.attempt_time;
}

}  // namespace tally::inbox
