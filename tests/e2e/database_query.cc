#include "tests/e2e/database_query.h"

#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "common/base/status_macros.h"
#include "tests/e2e/tally.h"

namespace tally::e2e {

absl::StatusOr<std::string> QueryLines(const std::string& database_url, const std::string& path) {
  absl::string_view file = database_url;
  ASSIGN_OR_RETURN(const Ended client,
                   absl::ConsumePrefix(&file, "sqlite:")
                       ? RunToEnd({"sqlite3", "-cmd", ".timeout 5000", std::string(file),
                                   absl::StrCat(".read ", path)})
                       : RunToEnd({"psql", database_url, "-X", "-A", "-t", "-q", "-f", path}));
  if (client.exit_code != 0) {
    return absl::InternalError(absl::StrCat(path, ": ", client.out, client.err));
  }
  return client.out;
}

absl::StatusOr<int64_t> QueryNumber(const std::string& database_url, absl::string_view sql_file) {
  ASSIGN_OR_RETURN(const std::string line,
                   QueryLines(database_url, absl::StrCat(TALLY_E2E_DIR, "/data/", sql_file)));
  int64_t number = 0;
  if (!absl::SimpleAtoi(line, &number)) {
    return absl::InternalError(absl::StrCat(sql_file, ": ", line));
  }
  return number;
}

}  // namespace tally::e2e
