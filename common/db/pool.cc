#include "common/db/pool.h"

#include <utility>

#include "common/base/status_macros.h"

namespace tally::db {
namespace {

constexpr ErrorKind kErrorKinds[] = {
    ErrorKind::kUnique,    ErrorKind::kData,           ErrorKind::kRetry,    ErrorKind::kConnection,
    ErrorKind::kResources, ErrorKind::kUnknownOutcome, ErrorKind::kStatement};

telemetry::Gauge& SessionsGauge(telemetry::Metrics& metrics, const char* state) {
  return metrics.AddGauge("tally_db_sessions", "Database sessions by state.", {{"state", state}});
}

absl::Status NoFreeSession() {
  return MakeError(ErrorKind::kConnection, "", "begin", "no session came free before the deadline");
}

}  // namespace

Pool::Pool(Options options, Connector connect, base::Clock& clock, telemetry::Telemetry& telemetry)
    : options_(options),
      connect_(std::move(connect)),
      clock_(clock),
      log_(telemetry.log),
      idle_gauge_(SessionsGauge(telemetry.metrics, "idle")),
      used_gauge_(SessionsGauge(telemetry.metrics, "used")),
      away_gauge_(
          telemetry.metrics.AddGauge("tally_db_away", "1 while the database cannot be reached.")),
      places_(options.sessions) {
  for (const ErrorKind kind : kErrorKinds) {
    errors_[kind] = &telemetry.metrics.AddCounter(
        "tally_db_errors_total", "Failed database calls by kind.", {{"kind", LabelOf(kind)}});
  }
}

absl::StatusOr<std::unique_ptr<Lease>> Pool::Begin(Mode mode, const Timeouts& timeouts,
                                                   absl::Time deadline) {
  Turnstile::Pass writer;
  if (options_.dialect == Dialect::kSqlite && mode == Mode::kWrite) {
    writer = sqlite_writers_.Enter(deadline - clock_.Now());
    if (writer == nullptr) return NoFreeSession();
  }
  Turnstile::Pass place = places_.Enter(deadline - clock_.Now());
  if (place == nullptr) return NoFreeSession();

  auto lease = std::make_unique<Lease>(*this, std::move(writer), std::move(place));
  for (bool fresh = false;;) {
    ASSIGN_OR_RETURN(lease->session_, TakeIdleOrConnect(fresh));
    absl::Status begun = lease->session_->Begin(mode, timeouts);
    if (begun.ok()) {
      NoteBack();
      return lease;
    }
    Return(std::move(lease->session_));
    if (KindOf(begun) != ErrorKind::kConnection) return begun;
    if (fresh || clock_.Now() >= deadline) return NoteAway(std::move(begun));
  }
}

absl::StatusOr<std::unique_ptr<Session>> Pool::TakeIdleOrConnect(bool& fresh) {
  {
    absl::MutexLock lock(&mutex_);
    if (!idle_.empty()) {
      std::unique_ptr<Session> session = std::move(idle_.back());
      idle_.pop_back();
      idle_gauge_.Set(static_cast<double>(idle_.size()));
      return session;
    }
  }
  fresh = true;
  const int64_t times_back = times_back_;
  const bool probing = away_;
  if (probing && trying_.exchange(true)) {
    return MakeError(ErrorKind::kConnection, "", "connect", "another call is trying");
  }
  auto session = connect_();
  if (probing) trying_ = false;
  if (session.ok()) return session;
  // If it came back meanwhile, this is old news.
  return times_back == times_back_ ? NoteAway(session.status()) : session.status();
}

void Pool::Return(std::unique_ptr<Session> session) {
  if (!session->Reusable()) return;
  absl::MutexLock lock(&mutex_);
  idle_.push_back(std::move(session));
  idle_gauge_.Set(static_cast<double>(idle_.size()));
}

absl::Status Pool::NoteAway(absl::Status error) {
  if (!away_.exchange(true)) {
    away_gauge_.Set(1);
    log_.Warning("database is away", {{"error", error}});
  }
  return error;
}

void Pool::NoteBack() {
  if (away_ && away_.exchange(false)) {
    ++times_back_;
    away_gauge_.Set(0);
    log_.Info("database is back");
  }
}

void Pool::CountError(ErrorKind kind) {
  const auto counter = errors_.find(kind);
  if (counter != errors_.end()) counter->second->Increment();
}

Lease::Lease(Pool& pool, Turnstile::Pass writer, Turnstile::Pass place)
    : pool_(pool), writer_(std::move(writer)), place_(std::move(place)) {
  pool_.used_gauge_.Increment();
}

Lease::~Lease() {
  if (session_ != nullptr) pool_.Return(std::move(session_));
  pool_.used_gauge_.Decrement();
}

}  // namespace tally::db
