#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "common/base/clock.h"
#include "common/db/error.h"
#include "common/db/session.h"
#include "common/db/transaction.h"
#include "common/db/turnstile.h"
#include "common/telemetry/telemetry.h"

namespace tally::db {

class Lease;

// Keeps sessions between transactions and hands each to one transaction at a time. Thread-safe;
// outlives its leases.
class Pool {
 public:
  using Connector = std::function<absl::StatusOr<std::unique_ptr<Session>>()>;

  struct Options {
    Dialect dialect;
    int sessions;
  };

  Pool(Options options, Connector connect, base::Clock& clock, telemetry::Telemetry& telemetry);

  // A session inside a new transaction. Waits for a free one until `deadline` and then fails with
  // kConnection. A session that died while it was idle is replaced without a failure.
  absl::StatusOr<std::unique_ptr<Lease>> Begin(Mode mode, const Timeouts& timeouts,
                                               absl::Time deadline);

  bool available() const { return !away_; }
  Dialect dialect() const { return options_.dialect; }
  base::Clock& clock() { return clock_; }

  void CountError(ErrorKind kind);

 private:
  friend class Lease;
  absl::StatusOr<std::unique_ptr<Session>> TakeIdleOrConnect(bool& fresh);
  void Return(std::unique_ptr<Session> session);
  absl::Status NoteAway(absl::Status error);
  void NoteBack();

  const Options options_;
  const Connector connect_;
  base::Clock& clock_;
  telemetry::Log& log_;
  telemetry::Gauge& idle_gauge_;
  telemetry::Gauge& used_gauge_;
  telemetry::Gauge& away_gauge_;
  std::map<ErrorKind, telemetry::Counter*> errors_;
  Turnstile places_;
  Turnstile sqlite_writers_{
      1};  // entered first, so that waiting writers hold no session that a reader could use
  std::atomic<bool> away_ = false;
  std::atomic<bool> trying_ = false;  // while away: somebody is connecting
  std::atomic<int64_t> times_back_ = 0;

  absl::Mutex mutex_;
  std::vector<std::unique_ptr<Session>> idle_ ABSL_GUARDED_BY(mutex_);
};

// A session on loan to one transaction; goes back to the pool, or is dropped if broken, with this
// object.
class Lease {
 public:
  Lease(Pool& pool, Turnstile::Pass writer, Turnstile::Pass place);
  ~Lease();

  Session& session() { return *session_; }
  Pool& pool() { return pool_; }

 private:
  friend class Pool;
  Pool& pool_;
  Turnstile::Pass writer_;
  Turnstile::Pass place_;
  std::unique_ptr<Session> session_;
};

}  // namespace tally::db
