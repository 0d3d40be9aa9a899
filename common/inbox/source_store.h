#pragma once

#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/db/database.h"

namespace tally::inbox {

// The producers that a consumer has heard of, and the databases they answer from. Errors are those
// of common/db; deadlines bound the wait for a session. Thread-safe.
class SourceStore {
 public:
  SourceStore(std::string consumer, db::Database& database)
      : consumer_(std::move(consumer)), database_(database) {}

  struct Source {
    std::string source;
    std::string database_id;
    absl::Time last_answer;
    // Where another database answered last; empty otherwise.
    std::string other_database_id;
    absl::Time other_answer;
  };
  // Remembers that a producer answered, and its database the first time. FAILED_PRECONDITION: it is
  // not the database that is remembered, and nothing of its answer may be used.
  absl::Status NoteAnswer(const std::string& source, const std::string& database_id,
                          absl::Time deadline);
  // From now on that database is the one remembered; kept with reason and person.
  // FAILED_PRECONDITION: it is not the other database that answered last.
  absl::Status Adopt(const std::string& source, const std::string& database_id,
                     const std::string& reason, const std::string& by, absl::Time deadline);
  absl::StatusOr<std::vector<Source>> List(db::Transaction& transaction);

 private:
  const std::string consumer_;
  db::Database& database_;
};

}  // namespace tally::inbox
