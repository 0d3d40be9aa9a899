#include "tests/e2e/database_copy.h"

#include <filesystem>
#include <system_error>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "common/base/status_macros.h"
#include "tests/e2e/tally.h"

namespace tally::e2e {
namespace {

constexpr absl::string_view kSqlite = "sqlite:";

absl::Status RunOrFail(std::vector<std::string> argv) {
  ASSIGN_OR_RETURN(const Ended ended, RunToEnd(std::move(argv)));
  if (ended.exit_code == 0) return absl::OkStatus();
  return absl::InternalError(absl::StrCat(ended.out, ended.err));
}

absl::Status RestoreSqlite(const std::string& file, const std::string& copy) {
  std::error_code error;
  for (const char* part : {"-wal", "-shm"}) std::filesystem::remove(file + part, error);
  std::filesystem::copy_file(copy, file, std::filesystem::copy_options::overwrite_existing, error);
  if (!error) return absl::OkStatus();
  return absl::InternalError(absl::StrCat(copy, ": ", error.message()));
}

}  // namespace

absl::StatusOr<DatabaseCopy> DatabaseCopy::Take(const std::string& database_url,
                                                const std::string& path) {
  absl::string_view file = database_url;
  RETURN_IF_ERROR(
      absl::ConsumePrefix(&file, kSqlite)
          ? RunOrFail({"sqlite3", "-cmd", ".timeout 5000", std::string(file),
                       absl::StrCat(".backup ", path)})
          : RunOrFail({"pg_dump", "--format=custom", absl::StrCat("--file=", path), database_url}));
  return DatabaseCopy(database_url, path);
}

absl::Status DatabaseCopy::Restore() const {
  absl::string_view file = database_url_;
  if (absl::ConsumePrefix(&file, kSqlite)) return RestoreSqlite(std::string(file), path_);
  return RunOrFail({"pg_restore", "--clean", "--single-transaction",
                    absl::StrCat("--dbname=", database_url_), path_});
}

}  // namespace tally::e2e
