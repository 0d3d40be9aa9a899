#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "common/base/clock.h"
#include "common/bus/bus.h"
#include "common/db/database.h"
#include "common/ops/alarm.h"
#include "common/telemetry/telemetry.h"
#include "tally/ops/v1/presence.pb.h"

namespace tally::ops {

struct CopyWatchOptions {
  std::string instance;  // names this process to operators
  absl::Duration ask_every = absl::Seconds(2);
  absl::Duration answer_timeout = absl::Milliseconds(300);
  // A copy is one that is heard of for so long: a server that was just restarted is not.
  absl::Duration heard_for = absl::Seconds(3);
};

// Notices that a copy of this process' database is in use at the same time on the same bus: a file
// or a volume that was copied for a second environment, a dump that was restored beside the
// original, two primaries after a fail-over. Both have one identity, so nobody else can tell them
// apart: a producer's copy feeds its orders to the consumers of the original, a consumer's copy
// takes events off the original's durable. Whoever has the database asks for others under its
// identity, as tally/ops/v1/presence.proto says; both sides raise the alarm, and go on.
//
//   copy stopped           → the alarm ends
//   bus or database away   → nobody is heard, nothing is known
//   copy on another bus    → none of ours
//
// Metric: tally_database_copied. Step belongs to one thread and blocks on database and bus for
// their timeouts; the rest is thread-safe.
class CopyWatch {
 public:
  // All must outlive it. The database is migrated.
  CopyWatch(CopyWatchOptions options, db::Database& database, bus::Bus& bus, base::Clock& clock,
            telemetry::Telemetry& telemetry);

  // Returns how long it may rest.
  absl::Duration Step();

  // What there is to know of a copy; empty while there is none.
  std::string Found() const;
  // DATABASE_COPIED while there is a copy.
  void RaiseAlarm(Alarms& alarms) const;

 private:
  struct Other {
    std::string instance;
    absl::Time first_heard;
    absl::Time last_heard;
  };

  absl::Status Look();
  absl::StatusOr<std::string> FindPlace();
  void Answer();
  void Ask();
  void Hear(const std::string& presence);
  void Judge();

  const CopyWatchOptions options_;
  db::Database& database_;
  bus::Bus& bus_;
  base::Clock& clock_;
  const std::string life_;  // the place of a SQLite file, which has one process at a time
  telemetry::Log& log_;
  telemetry::Gauge& copied_;
  std::unique_ptr<bus::Responder> responder_;  // null until the identity is known
  std::string subject_;
  v1::Presence own_;
  absl::Time asked_ = absl::InfinitePast();
  std::map<std::string, Other> others_;  // by place

  mutable absl::Mutex mutex_;
  std::optional<Other> copy_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace tally::ops
