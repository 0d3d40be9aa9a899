#pragma once

#include <string>

#include "absl/status/status.h"
#include "absl/time/civil_time.h"
#include "absl/time/time.h"
#include "activity_service/domain/day_totals.h"
#include "common/base/civil_day.h"
#include "common/inbox/progress.h"
#include "common/inbox/shortfall.h"
#include "tally/activity/v1/activity.pb.h"

namespace tally::activity {

// A day as its caller named it.
struct Day {
  absl::CivilDay date;
  std::string time_zone;
  base::TimeInterval bounds;
};

// OutOfRange if a difference does not fit.
absl::Status ToMessage(const Day& day, const DayTotals& totals, v1::DailyActivity& message);

// How far statistics can be trusted that were read after `progress` was asked for, together with
// `shortfall`.
void ToMessage(const inbox::Progress& progress, const inbox::Shortfall& shortfall, absl::Time now,
               v1::Freshness& message);

// The age of what the message says, if it says any time.
void SetLag(absl::Time now, v1::Freshness& message);

}  // namespace tally::activity
