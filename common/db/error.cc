#include "common/db/error.h"

#include "absl/strings/cord.h"
#include "absl/strings/str_cat.h"

namespace tally::db {
namespace {

constexpr char kKindUrl[] = "tally.db/kind";
constexpr char kSqlStateUrl[] = "tally.db/sqlstate";

absl::StatusCode CodeOf(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::kNone: return absl::StatusCode::kOk;
    case ErrorKind::kUnique: return absl::StatusCode::kAlreadyExists;
    case ErrorKind::kData: return absl::StatusCode::kInvalidArgument;
    case ErrorKind::kRetry: return absl::StatusCode::kAborted;
    case ErrorKind::kConnection: return absl::StatusCode::kUnavailable;
    case ErrorKind::kUnknownOutcome: return absl::StatusCode::kUnknown;
    case ErrorKind::kStatement: return absl::StatusCode::kInternal;
  }
  return absl::StatusCode::kInternal;
}

const char* TextOf(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::kNone: return "ok";
    case ErrorKind::kUnique: return "a unique key is taken";
    case ErrorKind::kData: return "the data does not fit";
    case ErrorKind::kRetry: return "interrupted, the same again may succeed";
    case ErrorKind::kConnection: return "the database is away";
    case ErrorKind::kUnknownOutcome: return "the connection was lost during COMMIT";
    case ErrorKind::kStatement: return "the statement failed";
  }
  return "";
}

}  // namespace

ErrorKind KindOf(const absl::Status& status) {
  const auto payload = status.GetPayload(kKindUrl);
  if (!payload.has_value() || payload->empty()) return ErrorKind::kNone;
  return static_cast<ErrorKind>(std::string(*payload)[0]);
}

std::string SqlStateOf(const absl::Status& status) {
  const auto payload = status.GetPayload(kSqlStateUrl);
  return payload.has_value() ? std::string(*payload) : std::string();
}

absl::Status MakeError(ErrorKind kind, absl::string_view sql_state, absl::string_view statement,
                       absl::string_view detail) {
  std::string message = absl::StrCat("database: ", TextOf(kind), " (", statement);
  if (!sql_state.empty()) absl::StrAppend(&message, ", ", sql_state);
  absl::StrAppend(&message, ")");
  if (!detail.empty()) absl::StrAppend(&message, ": ", detail);
  absl::Status status(CodeOf(kind), message);
  status.SetPayload(kKindUrl, absl::Cord(std::string(1, static_cast<char>(kind))));
  status.SetPayload(kSqlStateUrl, absl::Cord(sql_state));
  return status;
}

}  // namespace tally::db
