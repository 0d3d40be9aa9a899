#include <libpq-fe.h>
#include <signal.h>

#include <memory>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "common/base/status_macros.h"
#include "tests/chaos/fault.h"

namespace tally::chaos {
namespace {

constexpr int64_t kIoErrorEvery = 7;

using Connection = std::unique_ptr<PGconn, decltype(&PQfinish)>;
using Result = std::unique_ptr<PGresult, decltype(&PQclear)>;

// The first column of the first row; empty if there is no row.
absl::StatusOr<std::string> Execute(PGconn* connection, const char* statement) {
  const Result result(PQexec(connection, statement), &PQclear);
  const ExecStatusType outcome = PQresultStatus(result.get());
  if (outcome != PGRES_COMMAND_OK && outcome != PGRES_TUPLES_OK) {
    return absl::UnavailableError(PQerrorMessage(connection));
  }
  return PQntuples(result.get()) > 0 ? PQgetvalue(result.get(), 0, 0) : "";
}

Connection Connect(const std::string& url) { return {PQconnectdb(url.c_str()), &PQfinish}; }

const std::string& AnyDatabase(Site& site, Random& random) {
  return random() % 2 == 0 ? site.orders_database() : site.activity_database();
}

absl::StatusOr<Undo> StopPostgres(Site& site, bool kill) {
  site.postgres_down() = true;
  if (kill) {
    site.postgres().Kill();
  } else {
    RETURN_IF_ERROR(site.postgres().Stop());
  }
  return Undo([&site] {
    site.postgres_down() = false;
    return site.postgres().Restart();
  });
}

constexpr char kAnyBackend[] =
    "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND "
    "pid <> pg_backend_pid() AND backend_type = 'client backend' ORDER BY "
    "(state <> 'idle') DESC, random() LIMIT 1";

absl::StatusOr<Undo> TerminateBackend(Site& site, Random& random) {
  const Connection connection = Connect(AnyDatabase(site, random));
  ASSIGN_OR_RETURN(const std::string ended,
                   Execute(connection.get(), absl::StrCat("SELECT pg_terminate_backend(pid) FROM (",
                                                          kAnyBackend, ") AS backend")
                                                 .c_str()));
  if (ended != "t") return absl::UnavailableError("no backend");
  return Undo([] { return absl::OkStatus(); });
}

absl::StatusOr<Undo> FreezeBackend(Site& site, Random& random) {
  const Connection connection = Connect(AnyDatabase(site, random));
  ASSIGN_OR_RETURN(const std::string text, Execute(connection.get(), kAnyBackend));
  pid_t pid = 0;
  if (!absl::SimpleAtoi(text, &pid) || kill(pid, SIGSTOP) != 0) {
    return absl::UnavailableError("no backend");
  }
  return Undo([pid] {
    kill(pid, SIGCONT);
    return absl::OkStatus();
  });
}

absl::StatusOr<Undo> HoldSnapshot(Site& site, Random& random) {
  const auto connection = std::make_shared<Connection>(Connect(AnyDatabase(site, random)));
  RETURN_IF_ERROR(Execute(connection->get(),
                          "BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT count(*) FROM pg_class")
                      .status());
  return Undo([connection] {
    PQexec(connection->get(), "ROLLBACK");  // It may have lost its server meanwhile.
    return absl::OkStatus();
  });
}

absl::StatusOr<Undo> FillDisk(Site& site, Random&) {
  // PostgreSQL may end for it, and cannot come back before there is room.
  site.postgres_down() = true;
  RETURN_IF_ERROR(site.disk().Fill());
  return Undo([&site] {
    site.postgres_down() = false;
    RETURN_IF_ERROR(site.disk().Free());
    return site.Tend();
  });
}

absl::StatusOr<Undo> FailDisk(Site& site, std::vector<Shim*> shims) {
  site.postgres_down() = true;
  for (Shim* shim : shims) shim->FailEvery(kIoErrorEvery);
  return Undo([&site, shims] {
    site.postgres_down() = false;
    for (Shim* shim : shims) shim->FailEvery(0);
    return site.Tend();
  });
}

}  // namespace

std::vector<FaultKind> DatabaseFaults(const Site::Options& options) {
  std::vector<FaultKind> kinds;
  if (options.disk_bytes > 0) kinds.push_back({"disk_full", Part::kDatabase, FillDisk});
  if (options.sqlite) {
    kinds.push_back({"disk_errors", Part::kDatabase, [](Site& site, Random& random) {
                       auto& services = random() % 2 == 0 ? site.orders() : site.activity();
                       return FailDisk(site, {services[0].shim.get()});
                     }});
    return kinds;
  }
  kinds.push_back({"disk_errors", Part::kDatabase,
                   [](Site& site, Random&) { return FailDisk(site, {&site.postgres_shim()}); }});
  kinds.push_back({"kill_postgresql", Part::kDatabase,
                   [](Site& site, Random&) { return StopPostgres(site, true); }});
  kinds.push_back({"stop_postgresql", Part::kDatabase,
                   [](Site& site, Random&) { return StopPostgres(site, false); }});
  kinds.push_back({"terminate_backend", Part::kDatabase, TerminateBackend});
  kinds.push_back({"freeze_backend", Part::kDatabase, FreezeBackend});
  kinds.push_back({"hold_snapshot", Part::kDatabase, HoldSnapshot});
  return kinds;
}

}  // namespace tally::chaos
