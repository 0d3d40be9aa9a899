#pragma once

#include <string>

#include "absl/time/civil_time.h"
#include "absl/time/time.h"
#include "common/base/civil_day.h"

namespace tally::client {

// A day of a zone, as the statistics know it, and its bounds, as the orders do.
struct AuditDay {
  absl::CivilDay date;
  std::string zone = "UTC";
  base::TimeInterval bounds = {};
};

AuditDay UtcDay(absl::CivilDay date);

// The 24 hours up to the last full hour of `time`: a day of the zone where that hour is midnight.
AuditDay DayUpToTheHour(absl::Time time);

}  // namespace tally::client
