#pragma once

#include <functional>
#include <memory>
#include <string>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "common/base/clock.h"
#include "common/db/migration.h"
#include "common/db/transaction.h"
#include "common/telemetry/telemetry.h"

namespace tally::db {

struct DatabaseOptions {
  std::string url;  // sqlite:PATH or postgresql://…; may hold a password: never logged
  int sessions = 8;
  absl::Duration statement_timeout = absl::Seconds(3);
  absl::Duration lock_timeout = absl::Seconds(3);
  absl::Duration idle_in_transaction_timeout = absl::Seconds(3);
  absl::Duration connect_timeout = absl::Seconds(3);
  std::string application_name = "tally";
};

// A bounded pool of sessions on one database, SQLite or PostgreSQL, behind one code path: what differs is data (SQL twins,
// error codes, how a transaction begins).
//
// Guarantees: a session is handed out healthy and outside any transaction; a broken one is replaced, never handed on; every wait has
// a deadline; on PostgreSQL every transaction runs with the timeouts above, TCP keepalives and synchronous_commit=on, so that
// a vanished client's locks go away; on SQLite WAL with synchronous=FULL, and a second process on the same file is refused
// with the first one's pid. When the database is away, calls fail with kConnection and work again when it is back.
// Thread-safe. SOCI and libpq are seen only inside common/db.
class Database {
 public:
  // Connects once and checks that the server can do what is promised. INVALID_ARGUMENT names what is wrong with the URL.
  static absl::StatusOr<std::unique_ptr<Database>> Open(const DatabaseOptions& options, base::Clock& clock,
                                                        telemetry::Telemetry& telemetry);
  virtual ~Database() = default;

  virtual Dialect dialect() const = 0;

  // Applies the module's migrations that are missing, in order, under a lock that other instances wait for. A migration
  // whose checksum differs from the applied one, or a database newer than this binary, is FAILED_PRECONDITION. Also keeps this
  // database's identity (below), made with the first migration.
  virtual absl::Status Migrate(absl::string_view module, absl::Span<const Migration> migrations) = 0;

  // UUID of this database's history, made once. A restored copy has the same; `tally` compares it to tell databases apart.
  virtual absl::StatusOr<std::string> Identity() = 0;

  // Runs `body` in a transaction and commits if it returned OK; no retry.
  absl::Status Run(Mode mode, absl::Time deadline, absl::FunctionRef<absl::Status(Transaction&)> body);

  base::Clock& clock() { return clock_; }

 protected:
  explicit Database(base::Clock& clock) : clock_(clock) {}

 private:
  friend class Transaction;
  virtual absl::StatusOr<std::unique_ptr<Session>> Acquire(Mode mode, absl::Time deadline) = 0;
  base::Clock& clock_;
};

}  // namespace tally::db
