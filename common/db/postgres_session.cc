#include "common/db/postgres_session.h"

#include <poll.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <exception>
#include <utility>

#include <soci/postgresql/soci-postgresql.h>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "common/base/monotonic.h"
#include "common/base/status_macros.h"
#include "common/db/database_sql.h"
#include "common/db/error.h"
#include "common/db/transaction.h"

namespace tally::db {
namespace {

// What a reply may take longer than the server's own limit for the statement.
constexpr absl::Duration kReplyGrace = absl::Seconds(2);
constexpr int kBinaryResult = 1;
// libpq sends 8 KiB as soon as it has them; less leaves in one part with the Sync behind it.
constexpr size_t kPartBytes = 6 << 10;

ErrorKind KindOfSqlState(absl::string_view state) {
  if (state == "23505") return ErrorKind::kUnique;
  if (state == "40001" || state == "40P01" || state == "55P03" || state == "57014")
    return ErrorKind::kRetry;
  const absl::string_view group = state.substr(0, 2);
  if (group == "22" || group == "23" || group == "54") return ErrorKind::kData;
  if (group == "08" || absl::StartsWith(state, "57P0")) return ErrorKind::kConnection;
  if (group == "53" || group == "58") return ErrorKind::kResources;
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

absl::Status NotConnected(const char* why) {
  const std::string line = absl::StrReplaceAll(why, {{"\n", " "}});
  return MakeError(ErrorKind::kConnection, "", "connect", absl::StripAsciiWhitespace(line));
}

// SOCI 4.0.3 forgets a connection, 36 KB and its socket, whose first statement fails: behind a
// pooler whose server is away that would be each. After one such failure a connection that SOCI
// does not know must have had an answer first.
constexpr char kFirstOfSoci[] = "Cannot set extra_float_digits";
std::atomic<bool> forgot_one = false;

absl::Status AwaitFirstAnswer(const std::string& conninfo) {
  const std::unique_ptr<PGconn, decltype(&PQfinish)> connection(PQconnectdb(conninfo.c_str()),
                                                                &PQfinish);
  const std::unique_ptr<PGresult, decltype(&PQclear)> result(
      PQexec(connection.get(), sql::kBackendPid.postgresql), &PQclear);
  if (PQresultStatus(result.get()) == PGRES_TUPLES_OK) return absl::OkStatus();
  return NotConnected(PQerrorMessage(connection.get()));
}

}  // namespace

absl::StatusOr<std::unique_ptr<Session>> PostgresSession::Connect(const std::string& conninfo,
                                                                  absl::Duration patience) {
  if (forgot_one) RETURN_IF_ERROR(AwaitFirstAnswer(conninfo));
  std::unique_ptr<soci::session> soci;
  try {
    soci = std::make_unique<soci::session>(soci::postgresql, conninfo);
  } catch (const std::exception& e) {
    if (absl::StartsWith(e.what(), kFirstOfSoci)) forgot_one = true;
    return NotConnected(e.what());
  }
  forgot_one = false;
  auto session = std::unique_ptr<PostgresSession>(new PostgresSession(std::move(soci), patience));
  RETURN_IF_ERROR(session->FindPooler());
  if (PQenterPipelineMode(session->connection_) != 1) return session->Lost("connect");
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
  // An idle server says nothing: what can be read is its farewell.
  if (WaitReadable(base::MonotonicNow())) return Lost("begin");
  patience_ = timeouts.statement + kReplyGrace;
  begun_ = false;
  part_bytes_ = 0;
  RETURN_IF_ERROR(SendPlain("begin", mode == Mode::kRead
                                         ? "BEGIN ISOLATION LEVEL READ COMMITTED READ ONLY"
                                         : "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE"));
  return SetTimeouts(timeouts);
}

absl::Status PostgresSession::SetTimeouts(const Timeouts& timeouts) {
  const auto milliseconds = [](absl::Duration time) {
    return absl::StrCat(absl::ToInt64Milliseconds(time));
  };
  const Params params = {{"statement", milliseconds(timeouts.statement)},
                         {"lock", milliseconds(timeouts.lock)},
                         {"idle", milliseconds(timeouts.idle_in_transaction)}};
  const auto ignore = [](const RowView&) { return absl::OkStatus(); };
  return Send({sql::kSetTimeouts, params, {}, 1, {}, ignore, true});
}

absl::StatusOr<int64_t> PostgresSession::Run(const Invocation& invocation) {
  RETURN_IF_ERROR(Send(invocation));
  if (invocation.posted) {
    if (part_bytes_ > kPartBytes) RETURN_IF_ERROR(Sync(invocation.statement.name));
    return 0;
  }
  ASSIGN_OR_RETURN(const Result result, Settle());
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

absl::Status PostgresSession::Send(const Invocation& invocation) {
  const Statement& statement = invocation.statement;
  const auto [entry, added] = prepared_.try_emplace(statement.postgresql);
  Prepared& prepared = entry->second;
  if (added) prepared.text = ToPositional(statement.postgresql);
  PostgresParameters parameters;
  RETURN_IF_ERROR(parameters.Encode(prepared.text.names, invocation));
  const size_t bytes = parameters.message_bytes() + (pooled_ ? prepared.text.sql.size() : 0);
  if (part_bytes_ > 0 && part_bytes_ + bytes > kPartBytes) {
    // Behind a BEGIN that failed and a Sync it would be a transaction of its own.
    RETURN_IF_ERROR(begun_ ? Sync(statement.name) : Settle().status());
  }
  if (!pooled_ && prepared.name.empty()) {
    RETURN_IF_ERROR(PrepareOnServer(statement.name, prepared, parameters));
  }
  part_bytes_ += bytes;
  if (pooled_) {
    return Sent(statement.name, true,
                PQsendQueryParams(connection_, prepared.text.sql.c_str(), parameters.count(),
                                  parameters.types(), parameters.values(), parameters.lengths(),
                                  parameters.formats(), kBinaryResult));
  }
  return Sent(statement.name, true,
              PQsendQueryPrepared(connection_, prepared.name.c_str(), parameters.count(),
                                  parameters.values(), parameters.lengths(), parameters.formats(),
                                  kBinaryResult));
}

absl::Status PostgresSession::SendPlain(const char* name, const char* sql) {
  return Sent(name, false,
              PQsendQueryParams(connection_, sql, 0, nullptr, nullptr, nullptr, nullptr, 0));
}

absl::StatusOr<PostgresSession::Result> PostgresSession::Plain(const char* name, const char* sql) {
  RETURN_IF_ERROR(SendPlain(name, sql));
  return Settle();
}

absl::Status PostgresSession::Sent(const char* name, bool shows_values, int sent) {
  if (sent != 1) return Lost(name);
  unanswered_.push_back({name, shows_values});
  return absl::OkStatus();
}

absl::Status PostgresSession::PrepareOnServer(const char* name, Prepared& prepared,
                                              const PostgresParameters& parameters) {
  const std::string server_name = absl::StrCat("s", ++names_given_);
  RETURN_IF_ERROR(Sent(name, false,
                       PQsendPrepare(connection_, server_name.c_str(), prepared.text.sql.c_str(),
                                     parameters.count(), parameters.types())));
  RETURN_IF_ERROR(Settle().status());
  prepared.name = server_name;
  return absl::OkStatus();
}

absl::Status PostgresSession::RunScript(const char* name, const char* sql) {
  RETURN_IF_ERROR(Settle().status());
  if (PQexitPipelineMode(connection_) != 1) return Lost(name);
  RETURN_IF_ERROR(Command(name, sql).status());
  return PQenterPipelineMode(connection_) == 1 ? absl::OkStatus() : Lost(name);
}

absl::Status PostgresSession::Commit() {
  if (unanswered_.empty() && PQtransactionStatus(connection_) != PQTRANS_INTRANS) {
    return Lost("commit");
  }
  // Behind a pooler what ends the statements before may be the pooler's own words, given to the
  // first without an answer when the server is lost, whatever that had done. So COMMIT goes alone.
  if (pooled_ && !unanswered_.empty()) RETURN_IF_ERROR(Settle().status());
  const absl::StatusOr<Result> result = Plain("commit", "COMMIT");
  // Only a plain ERROR says that the server goes on and has rolled back. FATAL may come after the
  // commit, unless it ended a statement before it.
  const bool told = !SqlStateOf(result.status()).empty();
  if (told && StatementOf(result.status()) != "commit") return result.status();
  if (KindOf(result.status()) == ErrorKind::kConnection) {
    return MakeError(ErrorKind::kUnknownOutcome, SqlStateOf(result.status()), "commit");
  }
  RETURN_IF_ERROR(result.status());
  if (absl::string_view(PQcmdStatus(result->get())) == "COMMIT") return absl::OkStatus();
  return MakeError(ErrorKind::kRetry, "25P02", "commit", "the server rolled back");
}

void PostgresSession::Rollback() {
  if (broken_ || (unanswered_.empty() && PQtransactionStatus(connection_) == PQTRANS_IDLE)) return;
  if (!unanswered_.empty()) Settle().IgnoreError();
  if (!broken_) Plain("rollback", "ROLLBACK").IgnoreError();
}

bool PostgresSession::Reusable() const {
  return !broken_ && unanswered_.empty() && PQstatus(connection_) == CONNECTION_OK &&
         PQtransactionStatus(connection_) == PQTRANS_IDLE;
}

absl::Status PostgresSession::Sync(const char* name) {
  part_bytes_ = 0;
  if (PQpipelineSync(connection_) != 1) return Lost(name);
  ++syncs_;
  return absl::OkStatus();
}

// Waits for the answers to all that was sent: the first error, or the last result.
absl::StatusOr<PostgresSession::Result> PostgresSession::Settle() {
  const std::vector<Unanswered> asked = std::exchange(unanswered_, {});
  const char* const last = asked.empty() ? "settle" : asked.back().name;
  RETURN_IF_ERROR(Sync(last));
  absl::Duration deadline = base::MonotonicNow() + patience_;  // of each answer
  absl::Status error;
  Result kept;
  for (size_t answered = 0;;) {
    // Perhaps the server said why.
    if (!AwaitResult(deadline)) return error.ok() ? Lost(last) : error;
    Result next(PQgetResult(connection_));
    const ExecStatusType status = next == nullptr ? PGRES_EMPTY_QUERY : PQresultStatus(next.get());
    if (status == PGRES_PIPELINE_SYNC) {
      if (--syncs_ == 0) break;
    } else if (next == nullptr) {  // the end of one answer
      if (++answered > asked.size()) return error.ok() ? Lost(last) : error;
      deadline = base::MonotonicNow() + patience_;
    } else if (!IsError(next.get())) {
      kept = std::move(next);
    } else if (error.ok() && status != PGRES_PIPELINE_ABORTED) {
      const Unanswered& failed = asked[std::min(answered, asked.size() - 1)];
      error = ErrorOf(next.get(), failed.name, failed.shows_values);
    }
  }
  if (!error.ok()) return error;
  begun_ = true;
  return kept;
}

// Outside the pipeline.
absl::StatusOr<PostgresSession::Result> PostgresSession::Command(const char* name,
                                                                 const char* sql) {
  if (PQsendQuery(connection_, sql) != 1) return Lost(name);
  const absl::Duration deadline = base::MonotonicNow() + patience_;
  absl::Status error;
  Result kept;
  for (;;) {
    if (!AwaitResult(deadline)) return error.ok() ? Lost(name) : error;
    Result next(PQgetResult(connection_));
    if (next == nullptr) break;
    if (error.ok() && IsError(next.get())) error = ErrorOf(next.get(), name, false);
    kept = std::move(next);
  }
  if (!error.ok()) return error;
  if (kept == nullptr) return Lost(name);
  return kept;
}

// False when the connection is lost, or silent until the deadline.
bool PostgresSession::AwaitResult(absl::Duration deadline) {
  while (PQisBusy(connection_) != 0) {
    if (WaitReadable(deadline) && PQconsumeInput(connection_) != 0) continue;
    broken_ = true;
    return false;
  }
  return true;
}

bool PostgresSession::WaitReadable(absl::Duration deadline) const {
  for (;;) {
    pollfd socket = {PQsocket(connection_), POLLIN, 0};
    const int64_t left_ms = absl::ToInt64Milliseconds(
        absl::Ceil(deadline - base::MonotonicNow(), absl::Milliseconds(1)));
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
