#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "common/db/row.h"
#include "common/db/statement.h"
#include "common/db/value.h"

namespace tally::db {

enum class Mode;

struct Timeouts {
  absl::Duration statement;
  absl::Duration lock;
  absl::Duration idle_in_transaction;
};

// One execution of a statement; refers to what its caller owns.
struct Invocation {
  const Statement& statement;
  const Params& scalars;
  absl::Span<const Batch::Column> columns;  // empty: scalars only
  size_t rows;                              // the length of each column
  absl::Span<const ColumnType> result;      // empty: rows are not wanted
  absl::FunctionRef<absl::Status(const RowView&)> on_row;
  bool posted;  // nobody waits for its answer: a failure may be told by a later call
};

// The parameter or the column of that name; null if there is none.
template <typename Named>
const Named* FindNamed(absl::Span<const Named> all, const std::string& name) {
  const auto found =
      std::find_if(all.begin(), all.end(), [&](const Named& one) { return name == one.name; });
  return found == all.end() ? nullptr : &*found;
}

// One connection to a database, PostgreSQL or SQLite; seen only inside common/db and by what
// wraps it (DatabaseOptions::make_session). Not thread-safe.
// Errors are those of error.h, this statement's or those of one posted before; after one only
// Rollback() may be called.
class Session {
 public:
  virtual ~Session() = default;

  // kConnection when the connection is seen to be broken; nothing has happened then. Does not wait
  // for the server: what it answers is told by the first statement.
  virtual absl::Status Begin(Mode mode, const Timeouts& timeouts) = 0;
  // Returns the number of rows changed, 0 if posted. An error of on_row ends the statement and is
  // returned.
  virtual absl::StatusOr<int64_t> Run(const Invocation& invocation) = 0;
  // Several statements without parameters, each ended by ';' at the end of a line.
  virtual absl::Status RunScript(const char* name, const char* sql) = 0;
  virtual absl::Status Commit() = 0;
  // Leaves the session outside any transaction, or no longer reusable. Nothing happens outside a
  // transaction.
  virtual void Rollback() = 0;

  // Whether the next transaction may run on it; asked outside a transaction.
  virtual bool Reusable() const = 0;
};

}  // namespace tally::db
