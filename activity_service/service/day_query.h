#pragma once

#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/civil_time.h"
#include "absl/time/time.h"
#include "common/base/civil_day.h"
#include "common/base/consistency_token.h"
#include "tally/activity/v1/activity_service.pb.h"

namespace tally::activity {

inline constexpr int kDaysMax = 400;  // of one call

// A call for statistics, checked.
struct DayQuery {
  absl::CivilDay first;
  absl::CivilDay last;  // included
  std::string time_zone;
  absl::TimeZone zone;
  std::optional<base::ConsistencyToken> token;

  // The bounds of each day, in order.
  std::vector<base::TimeInterval> Bounds() const;
};

// Days left out are those of `now`. INVALID_ARGUMENT names every violated field.
absl::StatusOr<DayQuery> ParseDayQuery(const v1::GetDailyActivityRequest& request, absl::Time now);
absl::StatusOr<DayQuery> ParseDayQuery(const v1::ListDailyActivityRequest& request, absl::Time now);

}  // namespace tally::activity
