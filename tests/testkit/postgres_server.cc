#include "tests/testkit/postgres_server.h"

#include <libpq-fe.h>
#include <pwd.h>
#include <sys/shm.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <system_error>
#include <utility>

#include "absl/strings/str_cat.h"
#include "tests/testkit/eventually.h"

namespace tally::testkit {
namespace {

constexpr absl::Duration kInitTimeout = absl::Seconds(60);
constexpr absl::Duration kStartTimeout = absl::Seconds(60);
constexpr absl::Duration kStopTimeout = absl::Seconds(15);

// Debian keeps every major version in a folder of its own, none of them in PATH. Empty if there is
// none.
std::string NewestBinaries() {
  int newest = 0;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator("/usr/lib/postgresql", error)) {
    const int version = std::atoi(entry.path().filename().c_str());
    if (version > newest && access((entry.path() / "bin/initdb").c_str(), X_OK) == 0)
      newest = version;
  }
  return newest == 0 ? "" : absl::StrCat("/usr/lib/postgresql/", newest, "/bin/");
}

absl::Status Execute(const std::string& url, const std::string& statement) {
  const std::unique_ptr<PGconn, decltype(&PQfinish)> connection(PQconnectdb(url.c_str()),
                                                                &PQfinish);
  const std::unique_ptr<PGresult, decltype(&PQclear)> result(
      PQexec(connection.get(), statement.c_str()), &PQclear);
  const ExecStatusType outcome = PQresultStatus(result.get());
  if (outcome == PGRES_COMMAND_OK || outcome == PGRES_TUPLES_OK) return absl::OkStatus();
  return absl::InternalError(absl::StrCat(statement, ": ", PQerrorMessage(connection.get())));
}

}  // namespace

absl::StatusOr<std::unique_ptr<PostgresServer>> PostgresServer::Start() { return Start(Options()); }

absl::StatusOr<std::unique_ptr<PostgresServer>> PostgresServer::Start(Options options) {
  std::unique_ptr<PostgresServer> server(new PostgresServer(std::move(options)));
  if (absl::Status status = server->InitDb(); !status.ok()) return status;
  if (absl::Status status = server->Run(); !status.ok()) return status;
  return server;
}

absl::StatusOr<std::unique_ptr<PostgresServer>> PostgresServer::StartStandby() {
  std::unique_ptr<PostgresServer> standby(new PostgresServer(options_));
  if (absl::Status status = standby->CopyFrom(*this); !status.ok()) return status;
  if (absl::Status status = standby->Run(); !status.ok()) return status;
  return standby;
}

absl::StatusOr<PostgresServer*> PostgresServer::Shared() {
  static const absl::StatusOr<std::unique_ptr<PostgresServer>> shared = Start();
  if (!shared.ok()) return shared.status();
  return shared->get();
}

PostgresServer::PostgresServer(Options options)
    : options_(std::move(options)),
      bin_(NewestBinaries()),
      user_(geteuid() == 0 ? "postgres" : ""),
      dir_(options_.folder) {}

PostgresServer::~PostgresServer() {
  if (process_ == nullptr) return;
  Stop().IgnoreError();
  RemoveSharedMemory();
}

std::string PostgresServer::url(absl::string_view database) const {
  return absl::StrCat("postgresql://tally@127.0.0.1:", port(), "/", database);
}

absl::StatusOr<std::string> PostgresServer::CreateDatabase() {
  const std::string name = absl::StrCat("test_", ++databases_);
  if (absl::Status status = Execute(url("postgres"), absl::StrCat("CREATE DATABASE ", name));
      !status.ok())
    return status;
  return url(name);
}

absl::StatusOr<std::unique_ptr<Process>> PostgresServer::Launch(
    std::vector<std::string> argv, std::map<std::string, std::string> env) {
  Process::Spec spec;
  spec.argv = std::move(argv);
  spec.env = std::move(env);
  spec.cwd = dir_.path();
  spec.user = user_;
  spec.signal_at_test_death =
      SIGQUIT;  // The postmaster's immediate shutdown: it gives its shared memory back.
  return Process::Start(std::move(spec));
}

absl::Status PostgresServer::MakeDataFolder() {
  if (bin_.empty()) return absl::NotFoundError("no PostgreSQL server in /usr/lib/postgresql");
  const std::string data = dir_.File("data");
  mkdir(data.c_str(), 0700);
  if (!user_.empty()) {
    const passwd* user = getpwnam(user_.c_str());
    if (user == nullptr || chmod(dir_.path().c_str(), 0711) != 0 ||
        chown(data.c_str(), user->pw_uid, user->pw_gid) != 0) {
      return absl::InternalError(absl::StrCat("cannot give ", data, " to ", user_));
    }
  }
  return absl::OkStatus();
}

absl::Status PostgresServer::InitDb() {
  if (absl::Status status = MakeDataFolder(); !status.ok()) return status;
  return RunToEnd({bin_ + "initdb", "-D", dir_.File("data"), "-U", "tally", "-A", "trust", "-E",
                   "UTF8", "--locale=C.UTF-8", "--no-sync", "--no-instructions"});
}

absl::Status PostgresServer::CopyFrom(const PostgresServer& primary) {
  if (absl::Status status = MakeDataFolder(); !status.ok()) return status;
  return RunToEnd({bin_ + "pg_basebackup", "-D", dir_.File("data"), "-d", primary.url("postgres"),
                   "--write-recovery-conf", "--checkpoint=fast", "--no-sync"});
}

absl::Status PostgresServer::RunToEnd(std::vector<std::string> argv) {
  absl::StatusOr<std::unique_ptr<Process>> process = Launch(std::move(argv));
  if (!process.ok()) return process.status();
  const absl::StatusOr<int> exit_code = (*process)->Wait(kInitTimeout);
  if (!exit_code.ok()) return exit_code.status();
  if (*exit_code == 0) return absl::OkStatus();
  return absl::InternalError(absl::StrCat("exit code ", *exit_code, ": ", (*process)->Describe()));
}

// The backends of a killed postmaster keep the data locked for a moment.
absl::Status PostgresServer::Run() {
  absl::Status status;
  Eventually(kStartTimeout, [&] {
    status = TryRun();
    return status.ok();
  });
  return status;
}

absl::Status PostgresServer::TryRun() {
  std::vector<std::string> settings = {
      absl::StrCat("port=", port()),
      "listen_addresses=127.0.0.1",
      "unix_socket_directories=",
      "max_connections=200",
      "dynamic_shared_memory_type=mmap",  // In the data folder, so never left behind.
      absl::StrCat("fsync=", options_.fsync ? "on" : "off")};
  settings.insert(settings.end(), options_.settings.begin(), options_.settings.end());
  std::vector<std::string> argv = {bin_ + "postgres", "-D", dir_.File("data")};
  for (const std::string& setting : settings) argv.insert(argv.end(), {"-c", setting});
  absl::StatusOr<std::unique_ptr<Process>> process = Launch(std::move(argv), options_.env);
  if (!process.ok()) return process.status();
  process_ = *std::move(process);
  bool ready = false;
  Eventually(kStartTimeout, [&] {
    ready = PQping(url("postgres").c_str()) == PQPING_OK;
    return ready || !process_->Running();
  });
  if (!ready) return absl::UnavailableError(absl::StrCat("not ready: ", process_->Describe()));
  return absl::OkStatus();
}

absl::Status PostgresServer::Stop() {
  if (!process_->Running()) return absl::OkStatus();
  if (absl::Status status = process_->Signal(SIGQUIT); !status.ok()) return status;
  if (!process_->Wait(kStopTimeout).ok()) process_->Kill();
  return absl::OkStatus();
}

// A killed postmaster leaves postmaster.pid, whose seventh line names its System V segment by key
// and id.
void PostgresServer::RemoveSharedMemory() {
  std::ifstream file(dir_.File("data/postmaster.pid"));
  std::string line;
  for (int number = 1; number <= 6; ++number) std::getline(file, line);
  long key = 0;
  int id = 0;
  if (file >> key >> id) shmctl(id, IPC_RMID, nullptr);
}

void PostgresServer::Kill() { process_->Kill(); }

absl::Status PostgresServer::Restart() {
  if (absl::Status status = Stop(); !status.ok()) return status;
  return Run();
}

absl::Status PostgresServer::StopFollowing() {
  for (const char* statement :
       {"ALTER SYSTEM SET primary_conninfo = ''", "SELECT pg_reload_conf()"}) {
    if (absl::Status status = Execute(url("postgres"), statement); !status.ok()) return status;
  }
  absl::Status status;
  Eventually(kStartTimeout, [&] {
    status = Execute(url("postgres"),
                     "DO $$ BEGIN IF EXISTS (SELECT FROM pg_stat_wal_receiver) THEN "
                     "RAISE 'it follows'; END IF; END $$");
    return status.ok();
  });
  return status;
}

absl::Status PostgresServer::Promote() {
  return Execute(url("postgres"), "SELECT pg_promote(wait => true)");
}

}  // namespace tally::testkit
