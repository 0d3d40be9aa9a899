#pragma once

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace tally::e2e {

// What a file of tests/e2e/data with a query for one number answers on a database of a service,
// asked by the database's own client (sqlite3, psql). The service may be running.
absl::StatusOr<int64_t> QueryNumber(const std::string& database_url, absl::string_view sql_file);

// The same for any query and any file: a line for each row, its columns between '|'.
absl::StatusOr<std::string> QueryLines(const std::string& database_url, const std::string& path);

}  // namespace tally::e2e
