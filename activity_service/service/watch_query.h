#pragma once

#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/civil_time.h"
#include "absl/time/time.h"
#include "tally/activity/v1/activity_service.pb.h"

namespace tally::activity {

// A call to follow a day, checked.
struct WatchQuery {
  std::optional<absl::CivilDay> date;  // absent: today, and over midnight to each next day
  std::string time_zone;
  absl::TimeZone zone;
  absl::Duration min_interval = absl::Seconds(1);  // between two changes
};

// INVALID_ARGUMENT names every violated field.
absl::StatusOr<WatchQuery> ParseWatchQuery(const v1::WatchDailyActivityRequest& request);

}  // namespace tally::activity
