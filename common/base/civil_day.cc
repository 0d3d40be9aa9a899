#include "common/base/civil_day.h"

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <system_error>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

namespace tally::base {
namespace {

// The first instant that belongs to `day` or to a later date.
absl::Time FirstInstant(absl::CivilDay day, absl::TimeZone zone) {
  const absl::TimeZone::TimeInfo midnight = zone.At(absl::CivilSecond(day));
  // Skipped: clocks jump over midnight, at `trans`. Repeated: `pre` is the first of the two.
  return midnight.kind == absl::TimeZone::TimeInfo::SKIPPED ? midnight.trans : midnight.pre;
}

bool IsNameCharacter(char c) { return absl::ascii_isalnum(c) || c == '_' || c == '+' || c == '-'; }

// Whether `name` has the form of an IANA name: parts of letters, digits, "_", "+", "-", joined by
// "/". So it is no path out of the database's folder, and a zone has no second spelling.
bool IsTimeZoneForm(absl::string_view name) {
  for (const absl::string_view part : absl::StrSplit(name, '/')) {
    if (part.empty() || !std::all_of(part.begin(), part.end(), IsNameCharacter)) return false;
  }
  return true;
}

// Names in the database's folder that are not zones of it: the machine's own setting, and copies
// of all zones, of which "right/" counts leap seconds.
bool IsLocalName(absl::string_view name) {
  return name == "localtime" || name == "posixrules" || absl::StartsWith(name, "posix/") ||
         absl::StartsWith(name, "right/");
}

// Abseil remembers every name it was ever asked for, known or not: names from outside that no
// file stands for must not reach it.
bool IsInDatabase(absl::string_view name) {
  const char* folder = std::getenv("TZDIR");
  const std::string path =
      absl::StrCat(folder == nullptr ? "/usr/share/zoneinfo" : folder, "/", name);
  std::error_code ignored;  // Then the answer is no.
  return std::filesystem::is_regular_file(path, ignored);
}

}  // namespace

TimeInterval DayBounds(absl::CivilDay day, absl::TimeZone zone) {
  return {FirstInstant(day, zone), FirstInstant(day + 1, zone)};
}

absl::CivilDay Today(absl::Time now, absl::TimeZone zone) {
  const absl::CivilDay day = absl::ToCivilDay(now, zone);
  return now < FirstInstant(day + 1, zone) ? day : day + 1;
}

absl::StatusOr<absl::CivilDay> ParseDate(absl::string_view text) {
  absl::CivilDay day;
  // Formatting it back refuses every other way to write a date, and days that overflow a month.
  if (text.size() != 10 || !absl::ParseCivilTime(text, &day) || day.year() < 1000 ||
      absl::FormatCivilTime(day) != text) {
    return absl::InvalidArgumentError("a date has the form 2010-12-01 and exists");
  }
  return day;
}

absl::StatusOr<absl::TimeZone> LoadTimeZone(absl::string_view name) {
  if (name == "UTC") return absl::UTCTimeZone();
  absl::TimeZone zone;
  if (!IsTimeZoneForm(name) || IsLocalName(name) || !IsInDatabase(name) ||
      !absl::LoadTimeZone(name, &zone)) {
    return absl::InvalidArgumentError(
        "a time zone is an IANA name such as Europe/London or UTC that is in the time zone "
        "database");
  }
  return zone;
}

}  // namespace tally::base
