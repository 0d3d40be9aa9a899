#include "tests/integration/db/open_database.h"

#include "common/base/status_macros.h"
#include "tests/integration/db/fixture_sql.h"
#include "tests/integration/db/migrations.h"

namespace tally::db {

absl::Status OpenDatabase::Insert(int64_t id) {
  return database->Run(Mode::kWrite, Soon(), [&](Transaction& transaction) {
    return transaction.Execute(fixture::sql::kInsertIds, Batch().Ints("id", {id})).status();
  });
}

absl::StatusOr<int64_t> OpenDatabase::Count() {
  ASSIGN_OR_RETURN(Transaction transaction, Begin(Mode::kRead));
  ASSIGN_OR_RETURN(const auto count, transaction.QueryOne<int64_t>(fixture::sql::kCountThings));
  return std::get<0>(*count);
}

absl::StatusOr<std::unique_ptr<OpenDatabase>> Open(const DatabaseOptions& options) {
  auto open = std::make_unique<OpenDatabase>();
  ASSIGN_OR_RETURN(open->database, Database::Open(options, open->clock, open->telemetry));
  RETURN_IF_ERROR(open->database->Migrate("fixture", fixture::kMigrations));
  return open;
}

absl::StatusOr<std::unique_ptr<OpenDatabase>> Open(const std::string& url) {
  return Open(DatabaseOptions{.url = url});
}

}  // namespace tally::db
