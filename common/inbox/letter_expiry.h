#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/base/clock.h"
#include "common/db/database.h"
#include "common/telemetry/telemetry.h"

namespace tally::inbox {

struct LetterExpiryOptions {
  // How long a dead or discarded letter keeps its content after it became so; zero: for ever.
  absl::Duration retention = absl::Hours(2160);
  int letters_max = 500;  // in one step
  absl::Duration session_timeout = absl::Seconds(1);
};

// Empties letters that are old enough: headers and payload go, a dead letter is discarded, the row
// stays and says for ever that its event was not counted. Letters that are still tried again are
// left alone. Several replicas may do it at once. One thread at a time.
class LetterExpiry {
 public:
  LetterExpiry(LetterExpiryOptions options, std::string consumer, db::Database& database,
               base::Clock& clock, telemetry::Telemetry& telemetry);

  // Empties at most letters_max letters in one transaction. Returns whether more may be old enough.
  absl::StatusOr<bool> Sweep();

 private:
  const LetterExpiryOptions options_;
  const std::string consumer_;
  db::Database& database_;
  base::Clock& clock_;
  telemetry::Counter& expired_total_;
};

}  // namespace tally::inbox
