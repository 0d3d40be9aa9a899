#pragma once

#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace tally::db {

// What a database error says about whose fault it is, and so what the caller should do.
enum class ErrorKind {
  kNone,            // OK, or not a database error at all
  kUnique,          // a unique key is taken (23505): ALREADY_EXISTS
  kData,            // other SQLSTATE 22…, 23…, 54…: this row will never fit: INVALID_ARGUMENT
  kRetry,           // 40001, 40P01, 55P03, 57014, SQLITE_BUSY: the same again may succeed: ABORTED
  kConnection,      // 08…, 57P0x, broken connection, no session before the deadline: UNAVAILABLE
  kResources,       // 53…, 58…, SQLITE_FULL, SQLITE_IOERR, …: no disk, no memory: UNAVAILABLE
  kUnknownOutcome,  // the connection broke during COMMIT: it may or may not have happened: UNKNOWN
  kStatement,       // 42… and everything else: a fault of ours or of the environment: INTERNAL
};

// Reads the kind back from a status that common/db made. Other statuses are kNone.
ErrorKind KindOf(const absl::Status& status);

// SQLSTATE, or "SQLITE_<code>"; empty if none. Messages made here never contain bound values.
std::string SqlStateOf(const absl::Status& status);

// The name of the statement that failed, perhaps one that was posted earlier; empty if none.
std::string StatementOf(const absl::Status& status);

// The kind as a metric's label: "unique", "unknown_outcome". Not for kNone.
const char* LabelOf(ErrorKind kind);

// Made by common/db; public for tests and simulation.
absl::Status MakeError(ErrorKind kind, absl::string_view sql_state, absl::string_view statement,
                       absl::string_view detail = "");

}  // namespace tally::db
