#pragma once

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/civil_time.h"
#include "absl/time/time.h"

namespace tally::base {

// start ≤ t < end.
struct TimeInterval {
  absl::Time start;
  absl::Time end;

  friend bool operator==(const TimeInterval&, const TimeInterval&) = default;
};

// A day of a time zone: from the first instant of its date to the first instant of the next date
// that occurs. So days tile time without gap or overlap, whatever the zone's clocks do: days of 23,
// 25 or 23.5 hours, days whose midnight is skipped or happens twice. A date that does not occur
// (Apia, 2011-12-30) has zero length, at the instant of the skip. Since 1980 every bound lies on a
// 15-minute boundary of UTC.
TimeInterval DayBounds(absl::CivilDay day, absl::TimeZone zone);

// The day whose bounds contain `now`. Where clocks go back over midnight this is the later date,
// although for some minutes they show the earlier one again.
absl::CivilDay Today(absl::Time now, absl::TimeZone zone);

// "2010-12-01": a date that exists, years 1000 to 9999, in exactly this form; InvalidArgument
// otherwise. absl::FormatCivilTime is its inverse.
absl::StatusOr<absl::CivilDay> ParseDate(absl::string_view text);

// An IANA name ("Europe/London", "UTC", "Etc/GMT+5") that the installed time zone database knows;
// InvalidArgument otherwise. Reads a file at a name's first use; safe for names from outside: no
// paths, no growth by unknown names.
absl::StatusOr<absl::TimeZone> LoadTimeZone(absl::string_view name);

}  // namespace tally::base
