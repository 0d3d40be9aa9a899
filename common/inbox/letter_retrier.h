#pragma once

#include <optional>
#include <vector>

#include "absl/random/random.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/base/clock.h"
#include "common/inbox/event_handler.h"
#include "common/inbox/fault.h"
#include "common/inbox/inbox_store.h"
#include "common/inbox/letter.h"
#include "common/inbox/letter_policy.h"
#include "common/telemetry/telemetry.h"

namespace tally::inbox {

// Tries letters again from the database when their time has come, until they are applied or dead.
//
// A letter is tried alone. First it is written that an attempt is begun, so that what ends the
// process, or never returns, is found out; then, in one transaction: lock its lane's row → lock the
// letter → apply → delete it. A failure is written in a third. One of the database alone costs the
// letter a growing pause and no attempt, so that what always runs into a timeout does not stand in
// front of the others; and where it cannot be written, it is once the database is back.
//
//   the handler fails    → see RecordFailure
//   the process ends     → after LetterPolicy::attempt_time it is tried again, dead after a few
//   redriven meanwhile   → tried again
//   another replica begins it → left alone
//
// Several replicas may do this at once. One thread at a time.
class LetterRetrier {
 public:
  LetterRetrier(LetterPolicy policy, absl::Duration transaction_timeout, InboxStore& store,
                EventHandler& handler, base::Clock& clock, telemetry::Telemetry& telemetry);

  struct Round {
    int tried = 0;
    LetterCounts counts;  // afterwards
  };
  // Tries at most `limit` of those that are due, in the order of their times, and begins no more
  // after a second. An error is the database's; what was done before it stays.
  absl::StatusOr<Round> Retry(int limit);

 private:
  struct Due {
    std::vector<Letter> letters;
    LetterCounts counts;
  };
  absl::StatusOr<Due> FindDue(int limit);
  absl::Status TryOne(const Letter& letter);
  // Whether it was for the handler to apply; if it failed, whose fault that is.
  absl::StatusOr<bool> Settle(db::Transaction& transaction, const Letter& begun, absl::Time now,
                              Fault& fault);
  // Whether the letter still was as `seen`.
  absl::StatusOr<bool> Write(const Letter& seen, const Letter& letter);
  absl::Status WriteOwed();
  absl::Time Deadline();

  const LetterPolicy policy_;
  const absl::Duration transaction_timeout_;
  InboxStore& store_;
  EventHandler& handler_;
  base::Clock& clock_;
  absl::BitGen random_;
  struct Owed {
    Letter seen;
    Letter letter;
  };
  std::optional<Owed> owed_;  // how an attempt ended, when the database was away
  telemetry::Gauge& retrying_;
  telemetry::Gauge& dead_;
};

}  // namespace tally::inbox
