#pragma once

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "common/db/database.h"
#include "common/ops/alarm.h"
#include "tally/ops/v1/status.pb.h"

namespace tally::ops {

// What a database is and what its promises rest on; alarms where they do not hold. Blocks on the
// database.
absl::Status FillDatabaseStatus(db::Database& database, absl::Time deadline,
                                v1::DatabaseStatus& status, Alarms& alarms);

}  // namespace tally::ops
