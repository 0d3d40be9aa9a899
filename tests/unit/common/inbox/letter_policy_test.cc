#include "common/inbox/letter_policy.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace tally::inbox {
namespace {

const absl::Time kStart = absl::FromUnixSeconds(1'700'000'000);
const LetterPolicy kPolicy;

Letter NewLetter() {
  Letter letter;
  letter.first_failure = kStart;
  return letter;
}

void Record(Fault fault, absl::Time now, Letter& letter) {
  RecordFailure(kPolicy, fault, absl::InternalError("no"), now, /*uniform01=*/0, letter);
}

TEST(LetterPolicyTest, RetriesWithGrowingDelaysUntilItIsDead) {
  Letter letter = NewLetter();
  absl::Duration previous;
  for (int attempt = 1; attempt < kPolicy.attempts_max; ++attempt) {
    Record(Fault::kEvent, kStart, letter);
    EXPECT_EQ(letter.state, LetterState::kRetrying);
    EXPECT_EQ(letter.attempts, attempt);
    EXPECT_GT(letter.next_attempt - kStart, previous);
    EXPECT_LE(letter.next_attempt - kStart, kPolicy.backoff.max);
    previous = letter.next_attempt - kStart;
  }
  Record(Fault::kEvent, kStart, letter);
  EXPECT_EQ(letter.state, LetterState::kDead);
  EXPECT_EQ(letter.error, "INTERNAL: no");
}

TEST(LetterPolicyTest, TheFirstDelayIsTheInitialOne) {
  Letter letter = NewLetter();
  Record(Fault::kEvent, kStart, letter);
  EXPECT_EQ(letter.next_attempt, kStart + kPolicy.backoff.initial);
}

TEST(LetterPolicyTest, JitterShortensTheDelay) {
  Letter letter = NewLetter();
  RecordFailure(kPolicy, Fault::kEvent, absl::InternalError("no"), kStart, 0.99, letter);
  EXPECT_LT(letter.next_attempt, kStart + kPolicy.backoff.initial);
  EXPECT_GT(letter.next_attempt, kStart);
}

TEST(LetterPolicyTest, UndecodableIsDeadAtOnce) {
  Letter letter = NewLetter();
  Record(Fault::kUndecodable, kStart, letter);
  EXPECT_EQ(letter.state, LetterState::kDead);
}

TEST(LetterPolicyTest, AnUnknownTypeIsRetriedSlowlyForDaysAndCostsNoAttempt) {
  Letter letter = NewLetter();
  absl::Time now = kStart;
  for (; now < kStart + kPolicy.unknown_type_for; now = letter.next_attempt) {
    Record(Fault::kUnknownType, now, letter);
    ASSERT_EQ(letter.state, LetterState::kRetrying);
    ASSERT_EQ(letter.next_attempt, now + kPolicy.backoff.max);
  }
  EXPECT_EQ(letter.attempts, 0);
  Record(Fault::kUnknownType, now, letter);
  EXPECT_EQ(letter.state, LetterState::kDead);
}

TEST(LetterPolicyTest, AnUnclearErrorNeverKills) {
  Letter letter = NewLetter();
  for (int i = 0; i < 1000; ++i) Record(Fault::kUnclear, kStart + absl::Hours(i), letter);
  EXPECT_EQ(letter.state, LetterState::kRetrying);
  EXPECT_EQ(letter.attempts, 0);
}

TEST(LetterPolicyTest, KeepsTheErrorShort) {
  Letter letter = NewLetter();
  RecordFailure(kPolicy, Fault::kEvent, absl::InternalError(std::string(10'000, 'x')), kStart, 0,
                letter);
  EXPECT_LE(letter.error.size(), 1000u);
}

TEST(LetterPolicyTest, TheDatabasesFaultDoublesThePauseAndNeverKills) {
  Letter letter = NewLetter();
  Record(Fault::kEvent, kStart, letter);
  absl::Duration pause = letter.next_attempt - kStart;
  for (int i = 1; i <= 100; ++i) {
    const absl::Time now = kStart + absl::Hours(i);
    Record(Fault::kDatabase, now, letter);
    pause = std::min(2 * pause, kPolicy.backoff.max);
    EXPECT_EQ(letter.next_attempt - now, pause);
  }
  EXPECT_EQ(letter.state, LetterState::kRetrying);
  EXPECT_EQ(letter.attempts, 1);
}

TEST(LetterPolicyTest, AttemptsThatNeverEndedAreCountedApartAndFewKill) {
  Letter letter = NewLetter();
  Record(Fault::kUnended, kStart, letter);
  EXPECT_EQ(letter.attempts, 0);
  EXPECT_EQ(letter.unended, 1);
  EXPECT_EQ(letter.next_attempt, kStart + kPolicy.backoff.initial);
  while (letter.unended < kPolicy.unended_max) {
    RecordBegin(kPolicy, kStart, letter);
    EXPECT_EQ(letter.state, LetterState::kRetrying);
    EXPECT_EQ(letter.next_attempt, kStart + kPolicy.attempt_time);
  }
  RecordBegin(kPolicy, kStart, letter);
  EXPECT_EQ(letter.state, LetterState::kDead);
  EXPECT_EQ(letter.unended, kPolicy.unended_max);
}

}  // namespace
}  // namespace tally::inbox
