#include "common/db/error.h"

#include <algorithm>
#include <iterator>

#include "absl/strings/cord.h"
#include "absl/strings/str_cat.h"
#include "common/base/check.h"

namespace tally::db {
namespace {

constexpr char kKindUrl[] = "tally.db/kind";
constexpr char kSqlStateUrl[] = "tally.db/sqlstate";
constexpr char kStatementUrl[] = "tally.db/statement";

struct KindRow {
  ErrorKind kind;
  const char* label;
  absl::StatusCode code;
  const char* text;
};
constexpr KindRow kKinds[] = {
    {ErrorKind::kUnique, "unique", absl::StatusCode::kAlreadyExists, "a unique key is taken"},
    {ErrorKind::kData, "data", absl::StatusCode::kInvalidArgument, "the data does not fit"},
    {ErrorKind::kRetry, "retry", absl::StatusCode::kAborted,
     "interrupted, the same again may succeed"},
    {ErrorKind::kConnection, "connection", absl::StatusCode::kUnavailable, "the database is away"},
    {ErrorKind::kResources, "resources", absl::StatusCode::kUnavailable,
     "the database lacks disk or memory"},
    {ErrorKind::kUnknownOutcome, "unknown_outcome", absl::StatusCode::kUnknown,
     "COMMIT may or may not have happened"},
    {ErrorKind::kStatement, "statement", absl::StatusCode::kInternal, "the statement failed"},
};

const KindRow& RowOf(ErrorKind kind) {
  const KindRow* row = std::find_if(std::begin(kKinds), std::end(kKinds),
                                    [kind](const KindRow& known) { return known.kind == kind; });
  TALLY_CHECK(row != std::end(kKinds));  // kNone is no error
  return *row;
}

std::string TextOf(const absl::Status& status, const char* url) {
  const auto payload = status.GetPayload(url);
  return payload.has_value() ? std::string(*payload) : std::string();
}

}  // namespace

ErrorKind KindOf(const absl::Status& status) {
  const auto payload = status.GetPayload(kKindUrl);
  if (!payload.has_value()) return ErrorKind::kNone;
  for (const KindRow& row : kKinds) {
    if (*payload == row.label) return row.kind;
  }
  return ErrorKind::kNone;
}

const char* LabelOf(ErrorKind kind) { return RowOf(kind).label; }

std::string SqlStateOf(const absl::Status& status) { return TextOf(status, kSqlStateUrl); }

std::string StatementOf(const absl::Status& status) { return TextOf(status, kStatementUrl); }

absl::Status MakeError(ErrorKind kind, absl::string_view sql_state, absl::string_view statement,
                       absl::string_view detail) {
  const KindRow& row = RowOf(kind);
  std::string message = absl::StrCat("database: ", row.text, " (", statement);
  if (!sql_state.empty()) absl::StrAppend(&message, ", ", sql_state);
  absl::StrAppend(&message, ")");
  if (!detail.empty()) absl::StrAppend(&message, ": ", detail);
  absl::Status status(row.code, message);
  status.SetPayload(kKindUrl, absl::Cord(row.label));
  status.SetPayload(kStatementUrl, absl::Cord(statement));
  if (!sql_state.empty()) status.SetPayload(kSqlStateUrl, absl::Cord(sql_state));
  return status;
}

}  // namespace tally::db
