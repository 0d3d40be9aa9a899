#include "common/db/database.h"

#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/strip.h"
#include "common/base/status_macros.h"
#include "common/db/database_sql.h"
#include "common/db/error.h"
#include "common/db/file_lock.h"
#include "common/db/migrator.h"
#include "common/db/pool.h"
#include "common/db/postgres_conninfo.h"
#include "common/db/postgres_session.h"
#include "common/db/sqlite_session.h"

namespace tally::db {
namespace {

// Other instances may be at work on a large table.
constexpr absl::Duration kMigrationTimeout = absl::Minutes(10);
constexpr absl::Duration kIdentityTimeout = absl::Seconds(5);

}  // namespace

absl::StatusOr<std::unique_ptr<Database>> Database::Open(const DatabaseOptions& options,
                                                         base::Clock& clock,
                                                         telemetry::Telemetry& telemetry) {
  Dialect dialect = Dialect::kPostgres;
  std::unique_ptr<FileLock> lock;
  Pool::Connector connector;
  absl::string_view path = options.url;
  if (absl::ConsumePrefix(&path, "sqlite:")) {
    dialect = Dialect::kSqlite;
    ASSIGN_OR_RETURN(const std::string file, ResolveSqlitePath(path));
    ASSIGN_OR_RETURN(lock, FileLock::Take(file));
    connector = [file, busy_timeout = options.lock_timeout] {
      return SqliteSession::Open(file, busy_timeout);
    };
  } else {
    ASSIGN_OR_RETURN(std::string conninfo,
                     ToConninfo(options.url, options.connect_timeout, options.application_name));
    connector = [conninfo, patience = options.connect_timeout] {
      return PostgresSession::Connect(conninfo, patience);
    };
  }
  auto database = std::unique_ptr<Database>(new Database(options, dialect, std::move(lock), clock));
  database->pool_ = std::make_unique<Pool>(Pool::Options{dialect, options.sessions},
                                           std::move(connector), clock, telemetry);
  RETURN_IF_ERROR(
      Transaction::Begin(*database, Mode::kRead, clock.Now() + options.connect_timeout).status());
  return database;
}

Database::Database(const DatabaseOptions& options, Dialect dialect, std::unique_ptr<FileLock> lock,
                   base::Clock& clock)
    : clock_(clock),
      dialect_(dialect),
      timeouts_{options.statement_timeout, options.lock_timeout,
                options.idle_in_transaction_timeout},
      lock_(std::move(lock)) {}

Database::~Database() = default;

absl::Status Database::Migrate(absl::string_view module, absl::Span<const Migration> migrations) {
  const Timeouts timeouts{kMigrationTimeout, kMigrationTimeout, timeouts_.idle_in_transaction};
  ASSIGN_OR_RETURN(Transaction transaction,
                   Begin(Mode::kWrite, timeouts, clock_.Now() + kMigrationTimeout));
  RETURN_IF_ERROR(Migrator(transaction, clock_).Apply(module, migrations));
  return transaction.Commit();
}

absl::StatusOr<std::string> Database::Identity() {
  ASSIGN_OR_RETURN(Transaction transaction,
                   Transaction::Begin(*this, Mode::kRead, clock_.Now() + kIdentityTimeout));
  ASSIGN_OR_RETURN(auto identity, transaction.QueryOne<std::string>(sql::kFindIdentity));
  if (!identity.has_value())
    return absl::FailedPreconditionError("the database was never migrated: it has no identity");
  return std::get<0>(*std::move(identity));
}

absl::Status Database::Run(Mode mode, absl::Time deadline,
                           absl::FunctionRef<absl::Status(Transaction&)> body) {
  ASSIGN_OR_RETURN(Transaction transaction, Transaction::Begin(*this, mode, deadline));
  RETURN_IF_ERROR(body(transaction));
  return transaction.Commit();
}

bool Database::Available() const { return pool_->available(); }

absl::StatusOr<Transaction> Database::Begin(Mode mode, const Timeouts& timeouts,
                                            absl::Time deadline) {
  absl::StatusOr<std::unique_ptr<Lease>> lease = pool_->Begin(mode, timeouts, deadline);
  if (!lease.ok()) {
    pool_->CountError(KindOf(lease.status()));
    return lease.status();
  }
  return Transaction(*std::move(lease));
}

}  // namespace tally::db
