#include "common/db/postgres_session.h"

#include <poll.h>

#include <algorithm>
#include <cerrno>
#include <exception>

#include <soci/postgresql/soci-postgresql.h>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/time/clock.h"
#include "common/base/status_macros.h"
#include "common/db/database_sql.h"
#include "common/db/error.h"
#include "common/db/transaction.h"

namespace tally::db {
namespace {

// What a reply may take longer than the server's own limit for the statement.
constexpr absl::Duration kReplyGrace = absl::Seconds(2);
constexpr int kBinaryResult = 1;

ErrorKind KindOfSqlState(absl::string_view state) {
  if (state == "23505") return ErrorKind::kUnique;
  if (state == "40001" || state == "40P01" || state == "55P03" || state == "57014")
    return ErrorKind::kRetry;
  const absl::string_view group = state.substr(0, 2);
  if (group == "22" || group == "23" || group == "54") return ErrorKind::kData;
  if (group == "08" || absl::StartsWith(state, "57P0")) return ErrorKind::kConnection;
  return ErrorKind::kStatement;
}

absl::string_view Field(const PGresult* result, int field) {
  const char* value = PQresultErrorField(result, field);
  return value == nullptr ? "" : value;
}

bool IsError(const PGresult* result) {
  const ExecStatusType status = PQresultStatus(result);
  return status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK && status != PGRES_EMPTY_QUERY;
}

PGconn* HandleOf(soci::session& session) {
  return static_cast<soci::postgresql_session_backend*>(session.get_backend())->conn_;
}

}  // namespace

absl::StatusOr<std::unique_ptr<Session>> PostgresSession::Connect(const std::string& conninfo,
                                                                  absl::Duration patience) {
  std::unique_ptr<soci::session> soci;
  try {
    soci = std::make_unique<soci::session>(soci::postgresql, conninfo);
  } catch (const std::exception& e) {
    const std::string why = absl::StrReplaceAll(e.what(), {{"\n", " "}});
    return MakeError(ErrorKind::kConnection, "", "connect", absl::StripAsciiWhitespace(why));
  }
  auto session = std::unique_ptr<PostgresSession>(new PostgresSession(std::move(soci), patience));
  RETURN_IF_ERROR(session->FindPooler());
  return session;
}

PostgresSession::PostgresSession(std::unique_ptr<soci::session> soci, absl::Duration patience)
    : soci_(std::move(soci)),
      connection_(HandleOf(*soci_)),
      connect_patience_(patience),
      patience_(patience) {
  PQsetNoticeReceiver(
      connection_, [](void*, const PGresult*) {}, nullptr);
}

absl::Status PostgresSession::FindPooler() {
  ASSIGN_OR_RETURN(const Result result,
                   Command(sql::kBackendPid.name, sql::kBackendPid.postgresql));
  int pid = 0;
  if (PQntuples(result.get()) != 1 || !absl::SimpleAtoi(PQgetvalue(result.get(), 0, 0), &pid)) {
    return MakeError(ErrorKind::kConnection, "", sql::kBackendPid.name);
  }
  pooled_ = pid != PQbackendPID(connection_);
  return absl::OkStatus();
}

absl::Status PostgresSession::Begin(Mode mode, const Timeouts& timeouts) {
  patience_ = connect_patience_;
  const std::string sql = absl::StrCat(
      "BEGIN ISOLATION LEVEL READ COMMITTED ", mode == Mode::kRead ? "READ ONLY" : "READ WRITE",
      "; SET LOCAL statement_timeout = ", absl::ToInt64Milliseconds(timeouts.statement),
      "; SET LOCAL lock_timeout = ", absl::ToInt64Milliseconds(timeouts.lock),
      "; SET LOCAL idle_in_transaction_session_timeout = ",
      absl::ToInt64Milliseconds(timeouts.idle_in_transaction),
      "; SET LOCAL synchronous_commit = on");
  RETURN_IF_ERROR(Command("begin", sql).status());
  patience_ = timeouts.statement + kReplyGrace;
  return absl::OkStatus();
}

absl::StatusOr<int64_t> PostgresSession::Run(const Invocation& invocation) {
  ASSIGN_OR_RETURN(const Result result, Execute(invocation));
  if (!invocation.result.empty()) {
    PostgresRow row(result.get());
    RETURN_IF_ERROR(row.Check(invocation.result, invocation.statement.name));
    for (int i = 0; i < PQntuples(result.get()); ++i) {
      row.MoveTo(i);
      RETURN_IF_ERROR(invocation.on_row(row));
    }
  }
  int64_t changed = 0;
  if (!absl::StartsWith(PQcmdStatus(result.get()), "SELECT")) {
    (void)absl::SimpleAtoi(PQcmdTuples(result.get()), &changed);  // empty for what changes no rows
  }
  return changed;
}

absl::StatusOr<PostgresSession::Result> PostgresSession::Execute(const Invocation& invocation) {
  const Statement& statement = invocation.statement;
  const auto [entry, added] = prepared_.try_emplace(statement.postgresql);
  Prepared& prepared = entry->second;
  if (added) prepared.text = ToPositional(statement.postgresql);
  PostgresParameters parameters;
  RETURN_IF_ERROR(parameters.Encode(prepared.text.names, invocation));
  if (pooled_) {
    return Reply(statement.name,
                 PQsendQueryParams(connection_, prepared.text.sql.c_str(), parameters.count(),
                                   parameters.types(), parameters.values(), parameters.lengths(),
                                   parameters.formats(), kBinaryResult),
                 true);
  }
  if (prepared.name.empty()) RETURN_IF_ERROR(PrepareOnServer(statement.name, prepared, parameters));
  return Reply(statement.name,
               PQsendQueryPrepared(connection_, prepared.name.c_str(), parameters.count(),
                                   parameters.values(), parameters.lengths(), parameters.formats(),
                                   kBinaryResult),
               true);
}

absl::Status PostgresSession::PrepareOnServer(const char* name, Prepared& prepared,
                                              const PostgresParameters& parameters) {
  const std::string server_name = absl::StrCat("s", ++names_given_);
  const int sent = PQsendPrepare(connection_, server_name.c_str(), prepared.text.sql.c_str(),
                                 parameters.count(), parameters.types());
  RETURN_IF_ERROR(Reply(name, sent, false).status());
  prepared.name = server_name;
  return absl::OkStatus();
}

absl::Status PostgresSession::RunScript(const char* name, const char* sql) {
  return Command(name, sql).status();
}

absl::Status PostgresSession::Commit() {
  if (PQtransactionStatus(connection_) == PQTRANS_INERROR) {
    return MakeError(ErrorKind::kRetry, "25P02", "commit", "the transaction had failed");
  }
  if (PQtransactionStatus(connection_) != PQTRANS_INTRANS) return Lost("commit");
  const int sent = PQsendQuery(connection_, "COMMIT");
  const Result result = sent == 1 ? Await() : nullptr;
  // Only a plain ERROR says that the server goes on and has rolled back. FATAL may come after the
  // commit.
  if (result == nullptr ||
      (IsError(result.get()) && Field(result.get(), PG_DIAG_SEVERITY_NONLOCALIZED) != "ERROR")) {
    broken_ = true;
    return MakeError(ErrorKind::kUnknownOutcome,
                     result ? Field(result.get(), PG_DIAG_SQLSTATE) : "", "commit");
  }
  if (IsError(result.get())) return ErrorOf(result.get(), "commit", true);
  if (absl::string_view(PQcmdStatus(result.get())) == "COMMIT") return absl::OkStatus();
  return MakeError(ErrorKind::kRetry, "25P02", "commit", "the server rolled back");
}

void PostgresSession::Rollback() {
  const PGTransactionStatusType state = PQtransactionStatus(connection_);
  if (broken_ || (state != PQTRANS_INTRANS && state != PQTRANS_INERROR)) return;
  Command("rollback", "ROLLBACK").IgnoreError();
}

bool PostgresSession::Reusable() const {
  return !broken_ && PQstatus(connection_) == CONNECTION_OK &&
         PQtransactionStatus(connection_) == PQTRANS_IDLE;
}

absl::StatusOr<PostgresSession::Result> PostgresSession::Command(const char* name,
                                                                 const std::string& sql) {
  return Reply(name, PQsendQuery(connection_, sql.c_str()), false);
}

absl::StatusOr<PostgresSession::Result> PostgresSession::Reply(const char* name, int sent,
                                                               bool shows_values) {
  if (sent != 1) return Lost(name);
  Result result = Await();
  if (result == nullptr) return Lost(name);
  if (IsError(result.get())) return ErrorOf(result.get(), name, shows_values);
  return result;
}

// The first error of a reply, or its last result; null when the connection is lost.
PostgresSession::Result PostgresSession::Await() {
  const absl::Time deadline = absl::Now() + patience_;
  Result kept;
  for (;;) {
    while (PQisBusy(connection_) != 0) {
      if (WaitReadable(deadline) && PQconsumeInput(connection_) != 0) continue;
      broken_ = true;
      return kept != nullptr && IsError(kept.get()) ? std::move(kept)
                                                    : nullptr;  // perhaps the server said why
    }
    Result next(PQgetResult(connection_));
    if (next == nullptr) return kept;
    if (kept == nullptr || !IsError(kept.get())) kept = std::move(next);
  }
}

bool PostgresSession::WaitReadable(absl::Time deadline) {
  for (;;) {
    pollfd socket = {PQsocket(connection_), POLLIN, 0};
    const int64_t left_ms =
        absl::ToInt64Milliseconds(absl::Ceil(deadline - absl::Now(), absl::Milliseconds(1)));
    const int ready = ::poll(&socket, 1, static_cast<int>(std::max<int64_t>(0, left_ms)));
    if (ready > 0) return true;
    if (ready == 0 || errno != EINTR) return false;
  }
}

absl::Status PostgresSession::ErrorOf(const PGresult* result, const char* name, bool shows_values) {
  const absl::string_view state = Field(result, PG_DIAG_SQLSTATE);
  const bool fatal = Field(result, PG_DIAG_SEVERITY_NONLOCALIZED) != "ERROR";
  const ErrorKind kind = fatal ? ErrorKind::kConnection : KindOfSqlState(state);
  // A session whose prepared statements or settings are not what we think would fail for ever: it
  // is not kept.
  if (kind == ErrorKind::kConnection || kind == ErrorKind::kStatement) broken_ = true;
  // Class 42 is about the statement's text, before any value is looked at.
  const bool tell = !shows_values || fatal || absl::StartsWith(state, "42");
  return MakeError(kind, state, name, tell ? Field(result, PG_DIAG_MESSAGE_PRIMARY) : "");
}

absl::Status PostgresSession::Lost(const char* name) {
  broken_ = true;
  return MakeError(ErrorKind::kConnection, "", name, "the connection is lost");
}

}  // namespace tally::db
