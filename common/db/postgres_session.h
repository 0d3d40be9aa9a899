#pragma once

#include <libpq-fe.h>

#include <map>
#include <memory>
#include <string>
#include <vector>

#include <soci/soci.h>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/db/positional_sql.h"
#include "common/db/postgres_format.h"
#include "common/db/session.h"

namespace tally::db {

// A connection to PostgreSQL. SOCI opens and closes it; statements go through its libpq handle,
// because SOCI binds text only, cuts it at a NUL byte, and needs a round trip for each row of a
// batch.
//
// A transaction is a pipeline: what nobody waits for (BEGIN, the time limits, posted statements) is
// answered with the next statement that somebody waits for.
//
// A server that waits for the rest of a pipeline is under none of its time limits: a client that is
// stopped there would hold its locks without end. So nothing that locks leaves without a Sync,
// after which the server counts the transaction as idle. What is small does not leave before
// somebody waits: such a transaction is one round trip, COMMIT included. Behind a pooler COMMIT
// goes alone.
//
// No answer is waited for longer than the transaction's statement timeout and a grace; a
// server that stays silent longer counts as lost, like one that closed the connection.
class PostgresSession final : public Session {
 public:
  // `patience` bounds the wait for each reply outside transactions.
  static absl::StatusOr<std::unique_ptr<Session>> Connect(const std::string& conninfo,
                                                          absl::Duration patience);

  absl::Status Begin(Mode mode, const Timeouts& timeouts) override;
  absl::StatusOr<int64_t> Run(const Invocation& invocation) override;
  absl::Status RunScript(const char* name, const char* sql) override;
  absl::Status Commit() override;
  void Rollback() override;
  bool Reusable() const override;

 private:
  struct ResultDeleter {
    void operator()(PGresult* result) const { PQclear(result); }
  };
  using Result = std::unique_ptr<PGresult, ResultDeleter>;
  struct Unanswered {
    const char* name;
    bool shows_values;  // its errors may repeat what was bound
  };
  struct Prepared {
    PositionalSql text;
    std::string name;  // on the server; empty until it was prepared there
  };

  PostgresSession(std::unique_ptr<soci::session> soci, absl::Duration patience);
  absl::Status FindPooler();
  absl::Status SetTimeouts(const Timeouts& timeouts);
  absl::Status Send(const Invocation& invocation);
  absl::Status SendPlain(const char* name, const char* sql);
  absl::StatusOr<Result> Plain(const char* name, const char* sql);
  absl::Status Sent(const char* name, bool shows_values, int sent);
  absl::Status PrepareOnServer(const char* name, Prepared& prepared,
                               const PostgresParameters& parameters);
  absl::Status Sync(const char* name);
  absl::StatusOr<Result> Settle();
  absl::StatusOr<Result> Command(const char* name, const char* sql);
  // Deadlines are of base::MonotonicNow().
  bool AwaitResult(absl::Duration deadline);
  bool WaitReadable(absl::Duration deadline) const;
  absl::Status ErrorOf(const PGresult* result, const char* name, bool shows_values);
  absl::Status Lost(const char* name);

  const std::unique_ptr<soci::session> soci_;
  PGconn* const connection_;  // soci_'s
  const absl::Duration connect_patience_;
  absl::Duration patience_;
  bool pooled_ = false;  // a pooler changes the server's process between transactions: nothing is
                         // kept prepared
  bool broken_ = false;
  std::vector<Unanswered> unanswered_;        // in the pipeline, oldest first
  int syncs_ = 0;                             // among them
  size_t part_bytes_ = 0;                     // of the pipeline, since the last Sync
  bool begun_ = false;                        // the server has said so
  std::map<const char*, Prepared> prepared_;  // by the text's address
  int names_given_ = 0;
};

}  // namespace tally::db
