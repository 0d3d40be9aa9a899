#include "common/db/database.h"

#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
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
  if (options.make_session) {
    connector = [connect = std::move(connector), make = options.make_session] {
      return make(connect);
    };
  }
  auto database = std::unique_ptr<Database>(new Database(options, dialect, std::move(lock), clock));
  database->pool_ = std::make_unique<Pool>(Pool::Options{dialect, options.sessions},
                                           std::move(connector), clock, telemetry);
  RETURN_IF_ERROR(database->CheckDurability(clock.Now() + options.connect_timeout));
  return database;
}

absl::Status Database::CheckDurability(absl::Time deadline) {
  ASSIGN_OR_RETURN(const DurabilitySettings settings, ReadDurability(deadline));
  const std::vector<std::string> shortcomings = Shortcomings(settings, durability_minimum_);
  if (shortcomings.empty()) return absl::OkStatus();
  return absl::FailedPreconditionError(absl::StrCat(
      "the database is less durable than --durability_minimum=", Name(durability_minimum_), ": ",
      absl::StrJoin(shortcomings, ", "), "; change that, or start with a lower minimum"));
}

absl::StatusOr<DurabilitySettings> Database::ReadDurability(absl::Time deadline) {
  DurabilitySettings settings;
  RETURN_IF_ERROR(Run(Mode::kRead, deadline, [&](Transaction& transaction) {
    return transaction.Query<std::string, std::string>(
        sql::kDurability, {},
        [&](const std::string& name, std::string value) { settings[name] = std::move(value); });
  }));
  return settings;
}

Database::Database(const DatabaseOptions& options, Dialect dialect, std::unique_ptr<FileLock> lock,
                   base::Clock& clock)
    : clock_(clock),
      dialect_(dialect),
      timeouts_{options.statement_timeout, options.lock_timeout,
                options.idle_in_transaction_timeout},
      durability_minimum_(options.durability_minimum),
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
