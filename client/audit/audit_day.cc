#include "client/audit/audit_day.h"

#include "absl/strings/str_format.h"

namespace tally::client {

AuditDay UtcDay(absl::CivilDay date) {
  return {.date = date, .bounds = base::DayBounds(date, absl::UTCTimeZone())};
}

AuditDay DayUpToTheHour(absl::Time time) {
  const absl::CivilHour hour = absl::ToCivilHour(time, absl::UTCTimeZone());
  const absl::Time end = absl::FromCivil(hour, absl::UTCTimeZone());
  const absl::Time start = end - absl::Hours(24);
  // How many hours the zone is behind UTC; there are some from 14 ahead to 12 behind.
  const int behind = hour.hour() <= 12 ? hour.hour() : hour.hour() - 24;
  return {.date = absl::ToCivilDay(start - absl::Hours(behind), absl::UTCTimeZone()),
          .zone = absl::StrFormat("Etc/GMT%+d", behind),
          .bounds = {start, end}};
}

}  // namespace tally::client
