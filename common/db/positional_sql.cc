#include "common/db/positional_sql.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"

namespace tally::db {
namespace {

bool StartsName(char c) { return absl::ascii_isalpha(c) || c == '_'; }
bool ContinuesName(char c) { return absl::ascii_isalnum(c) || c == '_'; }

// The length of what begins at the front of `rest` and must be copied as it is, at least 1.
size_t VerbatimLength(absl::string_view rest) {
  const auto through = [&](absl::string_view end, size_t from) {
    const size_t at = rest.find(end, from);
    return at == absl::string_view::npos ? rest.size() : at + end.size();
  };
  if (rest[0] == '\'' || rest[0] == '"') return through(rest.substr(0, 1), 1);
  if (rest.substr(0, 2) == "--") return through("\n", 2);
  if (rest.substr(0, 2) == "/*") return through("*/", 2);
  if (rest.substr(0, 2) == "::") return 2;
  return 1;
}

}  // namespace

PositionalSql ToPositional(absl::string_view sql) {
  PositionalSql result;
  while (!sql.empty()) {
    if (sql[0] != ':' || sql.size() < 2 || !StartsName(sql[1])) {
      const size_t length = VerbatimLength(sql);
      absl::StrAppend(&result.sql, sql.substr(0, length));
      sql.remove_prefix(length);
      continue;
    }
    const auto end = std::find_if_not(sql.begin() + 1, sql.end(), ContinuesName);
    const std::string name(sql.begin() + 1, end);
    sql.remove_prefix(name.size() + 1);
    const auto known = std::find(result.names.begin(), result.names.end(), name);
    absl::StrAppend(&result.sql, "$", known - result.names.begin() + 1);
    if (known == result.names.end()) result.names.push_back(name);
  }
  return result;
}

}  // namespace tally::db
