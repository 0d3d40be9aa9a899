#include "tests/bench/machine.h"

#include <google/protobuf/stubs/common.h>
#include <grpcpp/grpcpp.h>
#include <nats/nats.h>
#include <sqlite3.h>
#include <sys/prctl.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <fstream>
#include <string>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "common/base/status_macros.h"
#include "common/db/database.h"
#include "tests/bench/postgres_query.h"
#include "tests/e2e/tally.h"
#include "tests/testkit/temp_dir.h"

namespace tally::bench {
namespace {

std::string ProcessorModel() {
  std::ifstream file("/proc/cpuinfo");
  for (std::string line; std::getline(file, line);) {
    if (line.rfind("model name", 0) == 0) return line.substr(line.find(": ") + 2);
  }
  return "unknown";
}

nlohmann::ordered_json Hardware() {
  utsname system{};
  uname(&system);
  const double bytes =
      static_cast<double>(sysconf(_SC_PHYS_PAGES)) * static_cast<double>(sysconf(_SC_PAGESIZE));
  return {{"processor", ProcessorModel()},
          {"cores", sysconf(_SC_NPROCESSORS_ONLN)},
          {"memory_gib", static_cast<int>(bytes / (1 << 30) + 0.5)},
          {"kernel", absl::StrCat(system.sysname, " ", system.release)},
          {"transparent_huge_pages", prctl(PR_GET_THP_DISABLE, 0, 0, 0, 0) == 1
                                         ? "off for all processes"
                                         : "as the system has them"}};
}

std::string FirstLineOf(const std::string& program) {
  const auto ended = e2e::RunToEnd({program, "--version"});
  if (!ended.ok()) return "unknown";
  const std::string text = ended->out + ended->err;
  return std::string(absl::StripAsciiWhitespace(text.substr(0, text.find('\n'))));
}

nlohmann::ordered_json Versions(const std::string& postgres) {
  return {{"tallystick", TALLY_VERSION},
          {"PostgreSQL", postgres},
          {"SQLite", sqlite3_libversion()},
          {"nats-server", FirstLineOf("/usr/sbin/nats-server")},
          {"nats.c", nats_GetVersion()},
          {"gRPC", grpc::Version()},
          {"protobuf", google::protobuf::internal::VersionString(GOOGLE_PROTOBUF_VERSION)},
          {"pgbench", FirstLineOf("pgbench")}};
}

absl::StatusOr<nlohmann::ordered_json> DurabilitySettingsOf(const std::string& url) {
  base::SystemClock clock;
  telemetry::Telemetry telemetry(telemetry::LogFormat::kText, telemetry::LogLevel::kError, "bench");
  ASSIGN_OR_RETURN(const auto database,
                   db::Database::Open({.url = url, .sessions = 1}, clock, telemetry));
  ASSIGN_OR_RETURN(const auto settings, database->ReadDurability(clock.Now() + absl::Seconds(5)));
  return nlohmann::ordered_json(settings);
}

}  // namespace

absl::StatusOr<nlohmann::ordered_json> DescribeMachine(testkit::PostgresServer& postgres) {
  ASSIGN_OR_RETURN(const std::string url, postgres.CreateDatabase());
  ASSIGN_OR_RETURN(PostgresQuery query, PostgresQuery::Connect(url));
  ASSIGN_OR_RETURN(const std::string version, query.Run("SHOW server_version"));
  ASSIGN_OR_RETURN(nlohmann::ordered_json postgres_settings, DurabilitySettingsOf(url));
  for (const char* name :
       {"wal_sync_method", "wal_level", "shared_buffers", "min_wal_size", "max_wal_size"}) {
    ASSIGN_OR_RETURN(postgres_settings[name], query.Run(absl::StrCat("SHOW ", name)));
  }
  const testkit::TempDir dir;
  ASSIGN_OR_RETURN(const auto sqlite_settings,
                   DurabilitySettingsOf(absl::StrCat("sqlite:", dir.File("settings.db"))));
  return nlohmann::ordered_json{
      {"machine", Hardware()},
      {"versions", Versions(version)},
      {"durability",
       {{"PostgreSQL", postgres_settings},
        {"SQLite", sqlite_settings},
        {"nats-server", "file storage, one replica, sync_interval as it comes (two minutes)"},
        {"order_service", "answers after the commit"},
        {"activity_service", "acknowledges after the commit"}}},
      {"reference_order", "three lines, a request_id; plain text connections over loopback"}};
}

}  // namespace tally::bench
