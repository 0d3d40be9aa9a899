#pragma once

#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "common/base/forward_clock.h"
#include "common/base/violations.h"
#include "common/db/database.h"
#include "common/db/durability.h"
#include "common/telemetry/telemetry.h"

namespace tally::db {

// --durability_minimum; adds a problem if it is no such word.
Durability ReadDurabilityMinimum(base::Violations& problems);

// Looks again and again what the promises of a database rest on, and says so: in the log at first
// and whenever it changes, in the metrics tally_database_durability and
// tally_database_durability_minimum (0 process, 1 machine, 2 replica), and in Describe().
//
//   below the minimum → an error in the log; what is there is served all the same (only the start
//                       is refused, see Database::Open)
//   database away     → as last seen
//
// One thread at a time, but for Describe.
class DurabilityWatch {
 public:
  // `database` and `telemetry` must outlive it.
  DurabilityWatch(Database& database, telemetry::Telemetry& telemetry);

  // Looks if it is time; blocks on the database then. Returns how long it may rest.
  absl::Duration Step();

  // "a commit survives machine (fsync=on …)"; empty until it was seen. Thread-safe.
  std::string Describe() const;

 private:
  void Look();

  Database& database_;
  base::ForwardClock clock_;
  telemetry::Log& log_;
  telemetry::Gauge& level_;
  absl::Time next_ = absl::InfinitePast();
  mutable absl::Mutex mutex_;
  std::string description_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace tally::db
