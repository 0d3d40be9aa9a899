#include "common/inbox/letter_expiry.h"

#include <cstdint>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/status_macros.h"
#include "common/inbox/letter_age_sql.h"

namespace tally::inbox {

LetterExpiry::LetterExpiry(LetterExpiryOptions options, std::string consumer,
                           db::Database& database, base::Clock& clock,
                           telemetry::Telemetry& telemetry)
    : options_(options),
      consumer_(std::move(consumer)),
      database_(database),
      clock_(clock),
      expired_total_(telemetry.metrics.AddCounter("tally_inbox_letters_expired_total",
                                                  "Letters emptied because of their age.")) {}

absl::StatusOr<bool> LetterExpiry::Sweep() {
  if (options_.retention == absl::ZeroDuration()) return false;
  const absl::Time now = clock_.Now();
  const db::Params params = {
      {"consumer", consumer_},
      {"now", now},
      {"cutoff", now - options_.retention},
      {"reason", absl::StrCat("not redriven within ", absl::FormatDuration(options_.retention))},
      {"letters_max", options_.letters_max}};
  int64_t expired = 0;
  RETURN_IF_ERROR(
      database_.Run(db::Mode::kWrite, database_.clock().Now() + options_.session_timeout,
                    [&](db::Transaction& transaction) -> absl::Status {
                      ASSIGN_OR_RETURN(expired, transaction.Execute(sql::kExpireLetters, params));
                      return absl::OkStatus();
                    }));
  expired_total_.Increment(static_cast<double>(expired));
  return expired == options_.letters_max;
}

}  // namespace tally::inbox
