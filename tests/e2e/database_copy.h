#pragma once

#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace tally::e2e {

// A copy of a service's database as operators make one, with the database's own programs, and put
// it back one day. A value.
class DatabaseCopy {
 public:
  // The service may be running. The copy is made at `path`.
  static absl::StatusOr<DatabaseCopy> Take(const std::string& database_url,
                                           const std::string& path);

  // The database is what it was then. Nobody may be using it.
  absl::Status Restore() const;

 private:
  DatabaseCopy(std::string database_url, std::string path)
      : database_url_(std::move(database_url)), path_(std::move(path)) {}

  std::string database_url_;
  std::string path_;
};

}  // namespace tally::e2e
