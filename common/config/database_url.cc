#include "common/config/database_url.h"

#include "absl/strings/match.h"

namespace tally::config {

bool AbslParseFlag(absl::string_view text, DatabaseUrl* value, std::string* error) {
  constexpr absl::string_view kSqlite = "sqlite:";
  const bool sqlite = absl::StartsWith(text, kSqlite) && text.size() > kSqlite.size();
  const bool postgresql =
      absl::StartsWith(text, "postgresql://") || absl::StartsWith(text, "postgres://");
  if (!sqlite && !postgresql) {
    *error = "must be sqlite:PATH or postgresql://USER:PASSWORD@HOST:PORT/NAME";
    return false;
  }
  value->url = std::string(text);
  return true;
}

std::string AbslUnparseFlag(const DatabaseUrl& value) { return value.url; }

}  // namespace tally::config
