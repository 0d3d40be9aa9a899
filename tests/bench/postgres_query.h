#pragma once

#include <libpq-fe.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace tally::bench {

// A session of our own on a PostgreSQL database, to look at it and to fill it. Blocks, an hour at
// most. Not thread-safe.
class PostgresQuery {
 public:
  static absl::StatusOr<PostgresQuery> Connect(const std::string& url);

  // Runs statements; the first value of the last one's result, empty if it has none.
  absl::StatusOr<std::string> Run(const std::string& sql);
  absl::StatusOr<double> Number(const std::string& sql);
  // Runs tests/bench/sql/FILE with `:name` replaced by the value of each setting.
  struct Setting {
    std::string name;
    std::string value;
  };
  absl::Status RunFile(const std::string& file, const std::vector<Setting>& settings);

 private:
  using Connection = std::unique_ptr<PGconn, decltype(&PQfinish)>;
  explicit PostgresQuery(Connection connection) : connection_(std::move(connection)) {}

  Connection connection_;
};

}  // namespace tally::bench
