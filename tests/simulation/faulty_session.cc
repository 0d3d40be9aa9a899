#include "tests/simulation/faulty_session.h"

#include <algorithm>

#include "absl/strings/str_join.h"
#include "common/base/status_macros.h"
#include "common/db/error.h"
#include "common/db/transaction.h"

namespace tally::simulation {

using db::ErrorKind;

FaultySession::~FaultySession() {
  if (session_->Reusable()) idle_.push_back(std::move(session_));
}

absl::Status FaultySession::Begin(db::Mode mode, const db::Timeouts& timeouts) {
  reads_ = mode == db::Mode::kRead;
  changed_ = false;
  statements_.clear();
  if (scene_.Killed("begin") ||
      (scene_.current != nullptr && scene_.chance.Fault(scene_.weather.connection_lost))) {
    dead_ = true;
    return Broken("begin");
  }
  return session_->Begin(mode, timeouts);
}

absl::StatusOr<int64_t> FaultySession::Run(const db::Invocation& invocation) {
  if (scene_.current != nullptr) {
    if (reads_) scene_.interleave();
    RETURN_IF_ERROR(Trouble(invocation.statement.name));
  }
  if (scene_.traced()) statements_.emplace_back(invocation.statement.name);
  ASSIGN_OR_RETURN(const int64_t rows, session_->Run(invocation));
  changed_ = changed_ || rows > 0;
  return rows;
}

absl::Status FaultySession::RunScript(const char* name, const char* sql) {
  return session_->RunScript(name, sql);
}

absl::Status FaultySession::Commit() {
  if (changed_) scene_.changed.insert(database_);
  if (scene_.current == nullptr || reads_) return session_->Commit();
  if (scene_.Killed("commit")) return InDoubt(false);
  if (scene_.chance.Fault(scene_.weather.commit_in_doubt / 2)) return InDoubt(false);
  RETURN_IF_ERROR(session_->Commit());
  SayWhatIsCommitted();
  if (scene_.chance.Fault(scene_.weather.commit_in_doubt / 2)) return InDoubt(true);
  // Whatever it does with the answer, nobody hears of it.
  scene_.Killed("the answer to commit");
  return absl::OkStatus();
}

void FaultySession::SayWhatIsCommitted() {
  if (!scene_.traced()) return;
  statements_.erase(std::unique(statements_.begin(), statements_.end()), statements_.end());
  scene_.Say("    ", database_, ": ", absl::StrJoin(statements_, ", "));
}

absl::Status FaultySession::Trouble(const char* what) {
  if (scene_.Killed(what)) return Broken(what);
  const Weather& weather = scene_.weather;
  if (scene_.chance.Fault(weather.connection_lost)) return Broken(what);
  if (scene_.chance.Fault(weather.statement_failed)) {
    scene_.Say("    ", what, " fails");
    return db::MakeError(ErrorKind::kStatement, "XX000", what, "simulated");
  }
  if (scene_.chance.Fault(weather.lock_not_had)) {
    scene_.Say("    ", what, " does not get its lock");
    return db::MakeError(ErrorKind::kRetry, "55P03", what, "simulated");
  }
  return absl::OkStatus();
}

absl::Status FaultySession::Broken(const char* what) {
  if (!scene_.current->dying) scene_.Say("    the database's connection is lost at ", what);
  return db::MakeError(ErrorKind::kConnection, "", what, "simulated");
}

absl::Status FaultySession::InDoubt(bool committed) {
  if (!committed) session_->Rollback();
  scene_.sightings.Saw(committed ? "commit in doubt that happened"
                                 : "commit in doubt that did not happen");
  scene_.Say("    a commit's outcome is unknown; it ", committed ? "happened" : "did not happen");
  return db::MakeError(ErrorKind::kUnknownOutcome, "", "commit", "simulated");
}

}  // namespace tally::simulation
