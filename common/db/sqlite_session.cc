#include "common/db/sqlite_session.h"

#include <exception>
#include <filesystem>
#include <system_error>

#include "absl/cleanup/cleanup.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "common/base/status_macros.h"
#include "common/db/error.h"
#include "common/db/sqlite_binding.h"
#include "common/db/transaction.h"

namespace tally::db {
namespace {

constexpr Statement kBeginReading{"begin", "", "BEGIN"};
constexpr Statement kBeginWriting{"begin", "", "BEGIN IMMEDIATE"};
constexpr Statement kCommit{"commit", "", "COMMIT"};
constexpr Statement kRollback{"rollback", "", "ROLLBACK"};

ErrorKind KindOfCode(int extended) {
  switch (extended) {
    case SQLITE_CONSTRAINT_UNIQUE:
    case SQLITE_CONSTRAINT_PRIMARYKEY:
    case SQLITE_CONSTRAINT_ROWID:
      return ErrorKind::kUnique;
  }
  switch (extended & 0xff) {
    case SQLITE_CONSTRAINT:
    case SQLITE_TOOBIG:
    case SQLITE_MISMATCH:
      return ErrorKind::kData;
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return ErrorKind::kRetry;
    case SQLITE_FULL:
    case SQLITE_IOERR:
    case SQLITE_NOMEM:
    case SQLITE_CANTOPEN:
      return ErrorKind::kResources;
  }
  return ErrorKind::kStatement;
}

}  // namespace

struct SqliteSession::Prepared {
  explicit Prepared(soci::session& session) : statement(session) {}
  soci::statement statement;
  std::vector<std::string> names;  // of its parameters
  bool writes = false;
};

absl::StatusOr<std::string> ResolveSqlitePath(absl::string_view path) {
  std::error_code error;
  const std::filesystem::path absolute =
      std::filesystem::weakly_canonical(std::filesystem::absolute(std::string(path), error), error);
  if (path.empty() || absl::StrContains(path, '"')) {
    return absl::InvalidArgumentError(
        "sqlite:PATH needs the path of a file, without quotation marks");
  }
  if (error || !std::filesystem::is_directory(absolute.parent_path(), error)) {
    return absl::InvalidArgumentError(
        absl::StrCat("the folder of ", std::string(path),
                     " does not exist: a SQLite file is made, its folder is not"));
  }
  return absolute.string();
}

absl::StatusOr<std::unique_ptr<Session>> SqliteSession::Open(const std::string& path,
                                                             absl::Duration busy_timeout) {
  auto session = std::unique_ptr<SqliteSession>(new SqliteSession);
  RETURN_IF_ERROR(session->Configure(path, busy_timeout));
  return session;
}

SqliteSession::~SqliteSession() = default;

absl::Status SqliteSession::Configure(const std::string& path, absl::Duration busy_timeout) {
  try {
    soci_ = std::make_unique<soci::session>(soci::sqlite3, absl::StrCat("dbname=\"", path, "\""));
  } catch (const std::exception& e) {
    return MakeError(ErrorKind::kConnection, "", "connect", e.what());
  }
  std::string journal_mode;
  RETURN_IF_ERROR(Try("connect", [&] {
    *soci_ << absl::StrCat("PRAGMA busy_timeout = ", absl::ToInt64Milliseconds(busy_timeout));
    *soci_ << "PRAGMA journal_mode = WAL", soci::into(journal_mode);
    *soci_ << "PRAGMA synchronous = FULL";
    *soci_ << "PRAGMA foreign_keys = ON";
  }));
  if (journal_mode == "wal") return absl::OkStatus();
  return absl::FailedPreconditionError(
      absl::StrCat(path, " is on a file system where SQLite has no write-ahead log"));
}

absl::Status SqliteSession::Begin(Mode mode, const Timeouts&) {
  mode_ = mode;
  return RunControl(mode == Mode::kWrite ? kBeginWriting : kBeginReading);
}

absl::Status SqliteSession::RunControl(const Statement& statement) {
  const Params none;
  const auto no_row = [](const RowView&) { return absl::OkStatus(); };
  return Run({statement, none, {}, 1, {}, no_row, false}).status();
}

absl::StatusOr<int64_t> SqliteSession::Run(const Invocation& invocation) {
  ASSIGN_OR_RETURN(Prepared * prepared, Prepare(invocation.statement));
  const int before = sqlite_api::sqlite3_total_changes(handle());
  absl::Status result;
  RETURN_IF_ERROR(
      Try(invocation.statement.name, [&] { result = RunPrepared(*prepared, invocation); }));
  RETURN_IF_ERROR(result);
  return int64_t{sqlite_api::sqlite3_total_changes(handle()) - before};
}

absl::StatusOr<SqliteSession::Prepared*> SqliteSession::Prepare(const Statement& statement) {
  std::unique_ptr<Prepared>& kept = prepared_[statement.sqlite];
  if (kept == nullptr) {
    auto prepared = std::make_unique<Prepared>(*soci_);
    RETURN_IF_ERROR(Try(statement.name, [&] {
      prepared->statement.alloc();
      prepared->statement.prepare(statement.sqlite);
    }));
    sqlite_api::sqlite3_stmt* handle = HandleOf(prepared->statement);
    prepared->writes = sqlite_api::sqlite3_stmt_readonly(handle) == 0;
    for (int i = 1; i <= sqlite_api::sqlite3_bind_parameter_count(handle); ++i) {
      prepared->names.emplace_back(sqlite_api::sqlite3_bind_parameter_name(handle, i) + 1);
    }
    kept = std::move(prepared);
  }
  if (kept->writes && mode_ == Mode::kRead) {
    return MakeError(ErrorKind::kStatement, "", statement.name,
                     "writes in a transaction that only reads");
  }
  return kept.get();
}

absl::Status SqliteSession::RunPrepared(Prepared& prepared, const Invocation& invocation) {
  soci::statement& statement = prepared.statement;
  const char* const name = invocation.statement.name;
  SqliteParameters parameters;
  SqliteRow row(invocation.result);
  absl::Cleanup unbind = [&] {
    // A result that is not read to its end would keep its snapshot, and the log from being
    // checkpointed.
    sqlite_api::sqlite3_reset(HandleOf(statement));
    statement.bind_clean_up();
  };
  RETURN_IF_ERROR(parameters.Bind(*soci_, statement, prepared.names, invocation));
  RETURN_IF_ERROR(row.Bind(statement, name));
  statement.define_and_bind();
  for (size_t i = 0; i < invocation.rows; ++i) {
    parameters.Load(i);
    bool found = statement.execute(true);
    for (; found && !invocation.result.empty(); found = statement.fetch()) {
      RETURN_IF_ERROR(row.Check(statement, name));
      RETURN_IF_ERROR(invocation.on_row(row));
    }
  }
  return absl::OkStatus();
}

absl::Status SqliteSession::RunScript(const char* name, const char* sql) {
  std::string statement;
  for (absl::string_view line : absl::StrSplit(sql, '\n')) {
    absl::StrAppend(&statement, line, "\n");
    if (!absl::EndsWith(line, ";")) continue;
    RETURN_IF_ERROR(Try(name, [&] { *soci_ << statement; }));
    statement.clear();
  }
  return absl::OkStatus();
}

absl::Status SqliteSession::Commit() {
  absl::Status committed = RunControl(kCommit);
  // The log may already hold the commit when writing or syncing it fails: the next start of this
  // file could replay it.
  const ErrorKind kind = KindOf(committed);
  if (kind != ErrorKind::kResources && kind != ErrorKind::kStatement) return committed;
  return MakeError(ErrorKind::kUnknownOutcome, SqlStateOf(committed), "commit");
}

void SqliteSession::Rollback() {
  if (InTransaction()) RunControl(kRollback).IgnoreError();
}

template <typename Call>
absl::Status SqliteSession::Try(absl::string_view what, Call&& call) {
  try {
    call();
    return absl::OkStatus();
  } catch (const soci::sqlite3_soci_error&) {
    absl::Status error = ErrorNow(what);
    const ErrorKind kind = KindOf(error);
    if (kind == ErrorKind::kResources || kind == ErrorKind::kStatement) broken_ = true;
    return error;
  } catch (const std::exception&) {
    broken_ = true;
    return MakeError(ErrorKind::kStatement, "", what);
  }
}

absl::Status SqliteSession::ErrorNow(absl::string_view what) const {
  const int code = sqlite_api::sqlite3_extended_errcode(handle());
  // Only errors of the statement's text are told in SQLite's words; they name no values.
  const char* const detail = code == SQLITE_ERROR ? sqlite_api::sqlite3_errmsg(handle()) : "";
  return MakeError(KindOfCode(code), absl::StrCat("SQLITE_", code), what, detail);
}

bool SqliteSession::InTransaction() const {
  return sqlite_api::sqlite3_get_autocommit(handle()) == 0;
}

sqlite_api::sqlite3* SqliteSession::handle() const {
  return static_cast<soci::sqlite3_session_backend*>(soci_->get_backend())->conn_;
}

}  // namespace tally::db
