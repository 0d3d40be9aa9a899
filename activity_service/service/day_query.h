#pragma once

#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/civil_time.h"
#include "absl/time/time.h"
#include "activity_service/service/activity_messages.h"
#include "common/base/consistency_token.h"
#include "common/base/violations.h"
#include "google/type/date.pb.h"
#include "tally/activity/v1/activity_service.pb.h"

namespace tally::activity {

inline constexpr int kDaysMax = 400;  // of one call

// The day of a request's field, and the zone of its `time_zone`; a violation where there is none.
// `query_name` is set to the name to answer with: empty means UTC.
absl::CivilDay ReadDay(const char* field, const google::type::Date& date,
                       base::Violations& violations);
absl::TimeZone ReadZone(const std::string& name, std::string& query_name,
                        base::Violations& violations);

// A call for statistics, checked.
struct DayQuery {
  absl::CivilDay first;
  absl::CivilDay last;  // included
  std::string time_zone;
  absl::TimeZone zone;
  std::optional<base::ConsistencyToken> token;

  // Each day, in order.
  std::vector<Day> Days() const;
};

// Days left out are those of `now`. INVALID_ARGUMENT names every violated field.
absl::StatusOr<DayQuery> ParseDayQuery(const v1::GetDailyActivityRequest& request, absl::Time now);
absl::StatusOr<DayQuery> ParseDayQuery(const v1::ListDailyActivityRequest& request, absl::Time now);

}  // namespace tally::activity
