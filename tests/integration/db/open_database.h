#pragma once

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "common/base/clock.h"
#include "common/db/database.h"
#include "common/telemetry/telemetry.h"

namespace tally::db {

// A Database with what it stands on, migrated to the tables of these tests.
struct OpenDatabase {
  base::SystemClock clock;
  telemetry::Telemetry telemetry{telemetry::LogFormat::kText, telemetry::LogLevel::kError,
                                 "db_test"};
  std::unique_ptr<Database> database;

  absl::Time Soon() { return clock.Now() + absl::Seconds(10); }
  absl::StatusOr<Transaction> Begin(Mode mode) {
    return Transaction::Begin(*database, mode, Soon());
  }
  absl::Status Insert(int64_t id);
  absl::StatusOr<int64_t> Count();
};

absl::StatusOr<std::unique_ptr<OpenDatabase>> Open(const DatabaseOptions& options);
absl::StatusOr<std::unique_ptr<OpenDatabase>> Open(const std::string& url);

}  // namespace tally::db
