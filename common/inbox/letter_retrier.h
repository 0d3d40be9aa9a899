#pragma once

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
// One letter, one transaction: lock its lane's row → lock the letter → apply → delete it. A failure
// is written in a transaction of its own, which fails where the database is away: no letter dies of
// an outage. Several replicas may do this at once. One thread at a time.
class LetterRetrier {
 public:
  LetterRetrier(LetterPolicy policy, absl::Duration transaction_timeout, InboxStore& store,
                EventHandler& handler, base::Clock& clock, telemetry::Telemetry& telemetry);

  struct Round {
    int tried = 0;
    LetterCounts counts;  // afterwards
  };
  // Tries at most `limit` of those that are due. An error is the database's; what was done before
  // it stays.
  absl::StatusOr<Round> Retry(int limit);

 private:
  struct Due {
    std::vector<Letter> letters;
    LetterCounts counts;
  };
  absl::StatusOr<Due> FindDue(int limit);
  absl::Status TryOne(const Letter& letter);
  // Applies the letter, or returns why not and whose fault that is.
  absl::Status Settle(db::Transaction& transaction, const Letter& letter, absl::Time now,
                      Fault& fault);
  absl::Status WriteFailure(const Letter& letter, Fault fault, const absl::Status& error,
                            absl::Time now);
  absl::Time Deadline();

  const LetterPolicy policy_;
  const absl::Duration transaction_timeout_;
  InboxStore& store_;
  EventHandler& handler_;
  base::Clock& clock_;
  absl::BitGen random_;
  telemetry::Gauge& retrying_;
  telemetry::Gauge& dead_;
};

}  // namespace tally::inbox
