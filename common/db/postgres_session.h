#pragma once

#include <libpq-fe.h>

#include <map>
#include <memory>
#include <string>

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
// No call waits for the server longer than the transaction's statement timeout and a grace; a
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
  struct Prepared {
    PositionalSql text;
    std::string name;  // on the server; empty until it was prepared there
  };

  PostgresSession(std::unique_ptr<soci::session> soci, absl::Duration patience);
  absl::Status FindPooler();
  absl::StatusOr<Result> Command(const char* name, const std::string& sql);
  absl::StatusOr<Result> Execute(const Invocation& invocation);
  absl::Status PrepareOnServer(const char* name, Prepared& prepared,
                               const PostgresParameters& parameters);
  absl::StatusOr<Result> Reply(const char* name, int sent, bool shows_values);
  Result Await();
  bool WaitReadable(absl::Time deadline);
  absl::Status ErrorOf(const PGresult* result, const char* name, bool shows_values);
  absl::Status Lost(const char* name);

  const std::unique_ptr<soci::session> soci_;
  PGconn* const connection_;  // soci_'s
  const absl::Duration connect_patience_;
  absl::Duration patience_;
  bool pooled_ = false;  // a pooler changes the server's process between transactions: nothing is
                         // kept prepared
  bool broken_ = false;
  std::map<const char*, Prepared> prepared_;  // by the text's address
  int names_given_ = 0;
};

}  // namespace tally::db
