#include "tests/testkit/database_urls.h"

#include <atomic>

#include "absl/strings/str_cat.h"
#include "tests/testkit/postgres_server.h"
#include "tests/testkit/temp_dir.h"

namespace tally::testkit {
namespace {

absl::StatusOr<std::string> MakeSqliteUrl() {
  static const TempDir dir;
  static std::atomic<int> files = 0;
  return absl::StrCat("sqlite:", dir.File(absl::StrCat("test_", ++files, ".db")));
}

absl::StatusOr<std::string> MakePostgresUrl() {
  absl::StatusOr<PostgresServer*> server = PostgresServer::Shared();
  if (!server.ok()) return server.status();
  return (*server)->CreateDatabase();
}

}  // namespace

DatabaseKind SqliteKind() { return {"Sqlite", &MakeSqliteUrl}; }
DatabaseKind PostgresKind() { return {"Postgres", &MakePostgresUrl}; }

std::ostream& operator<<(std::ostream& out, const DatabaseKind& kind) { return out << kind.name; }

std::string DatabaseName(const testing::TestParamInfo<DatabaseKind>& info) {
  return info.param.name;
}

}  // namespace tally::testkit
