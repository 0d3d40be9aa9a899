#pragma once

#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace tally::db {

// A statement with `:name` parameters as PostgreSQL takes it: `$1`, `$2` …, the same name the same
// number.
struct PositionalSql {
  std::string sql;
  std::vector<std::string> names;  // names[0] is $1
};

// Leaves alone what only looks like a parameter: casts (`::text[]`), quoted strings and
// identifiers, comments, array slices (`a[1:2]`). Knows no escape strings (E'\'') and no dollar
// quotes.
PositionalSql ToPositional(absl::string_view sql);

}  // namespace tally::db
