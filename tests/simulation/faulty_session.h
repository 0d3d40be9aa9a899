#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "common/db/session.h"
#include "tests/simulation/scene.h"

namespace tally::simulation {

// A database session on which statements fail, connections break, the outcome of a COMMIT stays
// unknown (it happened, or not), and the process that uses it is killed, as the weather says. While
// it only reads, others may step between its statements. What is committed is in the trace.
class FaultySession final : public db::Session {
 public:
  // Gives `session` to `idle` when it is done with it.
  FaultySession(const char* database, std::unique_ptr<db::Session> session,
                std::vector<std::unique_ptr<db::Session>>& idle, Scene& scene)
      : database_(database), session_(std::move(session)), idle_(idle), scene_(scene) {}
  ~FaultySession() override;

  absl::Status Begin(db::Mode mode, const db::Timeouts& timeouts) override;
  absl::StatusOr<int64_t> Run(const db::Invocation& invocation) override;
  absl::Status RunScript(const char* name, const char* sql) override;
  absl::Status Commit() override;
  void Rollback() override { session_->Rollback(); }
  bool Reusable() const override { return !dead_ && session_->Reusable(); }

 private:
  void SayWhatIsCommitted();
  absl::Status Trouble(const char* what);
  absl::Status Broken(const char* what);
  absl::Status InDoubt(bool committed);

  const std::string database_;
  std::unique_ptr<db::Session> session_;
  std::vector<std::unique_ptr<db::Session>>& idle_;
  Scene& scene_;
  bool reads_ = false;
  bool changed_ = false;                 // something, in this transaction
  std::vector<std::string> statements_;  // of this transaction, for the trace
  bool dead_ = false;  // to be replaced; what broke within a transaction is as good as new after it
};

}  // namespace tally::simulation
