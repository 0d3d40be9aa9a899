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
#include "common/db/durability.h"
#include "common/db/migration.h"
#include "common/db/session.h"
#include "common/db/transaction.h"
#include "common/telemetry/telemetry.h"

namespace tally::db {

class FileLock;
class Pool;

struct DatabaseOptions {
  std::string url;  // sqlite:PATH or postgresql://…; may hold a password: never logged
  int sessions = 8;
  absl::Duration statement_timeout = absl::Seconds(3);
  absl::Duration lock_timeout = absl::Seconds(3);
  absl::Duration idle_in_transaction_timeout = absl::Seconds(3);
  absl::Duration connect_timeout = absl::Seconds(3);
  std::string application_name = "tally";
  Durability durability_minimum = Durability::kProcess;  // less is refused
  // Makes the sessions instead, where it is set: to see, or to fail, what passes between all
  // transactions and those that `connect` makes. Called for each new session, from any thread.
  using Connect = absl::FunctionRef<absl::StatusOr<std::unique_ptr<Session>>()>;
  std::function<absl::StatusOr<std::unique_ptr<Session>>(Connect connect)> make_session = nullptr;
};

// A bounded pool of sessions on one database, SQLite or PostgreSQL, behind one code path: what
// differs is data (SQL twins, error codes, how a transaction begins).
//
// Guarantees: a session is handed out healthy and inside a new transaction; a broken one is
// replaced, never handed on, so that a restart of the server costs only the transactions that were
// open; those who wait get sessions in arrival order, and every wait has a deadline. On PostgreSQL
// every transaction runs with the timeouts above, TCP keepalives and synchronous_commit=on, so that
// a vanished client's locks go away, and a server that goes silent counts as broken; a standby is
// never taken. On SQLite WAL with synchronous=FULL, and a second process on the same file is
// refused with the first one's pid.
//
// When the database is away, calls fail with kConnection (one at a time tries to connect, for
// connect_timeout at most; the others fail at once) and work again when it is back; both are logged
// once. A pooler between (PgBouncer in session or transaction mode) is recognised: statements are
// then not kept prepared.
//
// Thread-safe. SOCI and libpq are seen only inside common/db.
class Database {
 public:
  // Connects once and checks that the server can do what is promised. INVALID_ARGUMENT names what
  // is wrong with the URL, FAILED_PRECONDITION the settings that keep it below the durability
  // wanted. clock and telemetry must outlive the database.
  static absl::StatusOr<std::unique_ptr<Database>> Open(const DatabaseOptions& options,
                                                        base::Clock& clock,
                                                        telemetry::Telemetry& telemetry);
  // All transactions must be over.
  ~Database();

  Dialect dialect() const { return dialect_; }

  // Applies the module's migrations that are missing, in order and in one transaction, under a lock
  // that other instances wait for. A migration whose checksum differs from the applied one, or a
  // database newer than this binary, is FAILED_PRECONDITION. Also makes this database's identity
  // (below) if it has none.
  absl::Status Migrate(absl::string_view module, absl::Span<const Migration> migrations);

  // UUID of this database's history, made once. A restored copy has the same; `tally` compares it
  // to tell databases apart. Needs Migrate.
  absl::StatusOr<std::string> Identity();

  // Runs `body` in a transaction and commits if it returned OK; no retry.
  absl::Status Run(Mode mode, absl::Time deadline,
                   absl::FunctionRef<absl::Status(Transaction&)> body);

  // What its promises rest on, as it is now. Blocks until `deadline`.
  absl::StatusOr<DurabilitySettings> ReadDurability(absl::Time deadline);
  Durability durability_minimum() const { return durability_minimum_; }

  // Whether the last attempt to begin a transaction found the database. Never blocks. Only
  // transactions change it: what asks for them in a loop keeps it fresh.
  bool Available() const;

  base::Clock& clock() { return clock_; }

 private:
  friend class Transaction;
  Database(const DatabaseOptions& options, Dialect dialect, std::unique_ptr<FileLock> lock,
           base::Clock& clock);
  absl::Status CheckDurability(absl::Time deadline);
  absl::StatusOr<Transaction> Begin(Mode mode, const Timeouts& timeouts, absl::Time deadline);

  base::Clock& clock_;
  const Dialect dialect_;
  const Timeouts timeouts_;
  const Durability durability_minimum_;
  const std::unique_ptr<FileLock> lock_;  // SQLite only; let go after the last session
  std::unique_ptr<Pool> pool_;
};

}  // namespace tally::db
