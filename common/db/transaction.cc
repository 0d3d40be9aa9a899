#include "common/db/transaction.h"

#include "common/base/status_macros.h"
#include "common/db/database.h"
#include "common/db/database_sql.h"
#include "common/db/error.h"
#include "common/db/pool.h"
#include "common/db/session.h"

namespace tally::db {
namespace {

absl::Status IgnoreRow(const RowView&) { return absl::OkStatus(); }

bool HasNul(const Param::Value& value) {
  const std::string* text = std::get_if<std::string>(&value);
  return text != nullptr && text->find('\0') != std::string::npos;
}

bool HasNul(const Batch::Column& column) {
  const auto* texts = std::get_if<Batch::TextColumn>(&column.values);
  if (texts == nullptr) return false;
  for (const auto& text : *texts) {
    if (text.has_value() && text->find('\0') != std::string::npos) return true;
  }
  return false;
}

size_t Length(const Batch::Column& column) {
  return std::visit([](const auto& values) { return values.size(); }, column.values);
}

// PostgreSQL's text takes no NUL byte: SQLite refuses it in the same way.
absl::Status CheckValues(const Statement& statement, const Params& scalars, const Batch* batch) {
  bool nul = false;
  for (const Param& param : scalars) nul = nul || HasNul(param.value);
  if (batch != nullptr) {
    for (const Batch::Column& column : batch->columns()) {
      nul = nul || HasNul(column);
      if (Length(column) != batch->rows()) {
        return MakeError(ErrorKind::kStatement, "", statement.name, "columns of unequal length");
      }
    }
  }
  if (!nul) return absl::OkStatus();
  return MakeError(ErrorKind::kData, "22021", statement.name, "a text holds a NUL byte");
}

}  // namespace

absl::StatusOr<Transaction> Transaction::Begin(Database& database, Mode mode, absl::Time deadline) {
  return database.Begin(mode, database.timeouts_, deadline);
}

Transaction::Transaction(std::unique_ptr<Lease> lease)
    : dialect_(lease->pool().dialect()), lease_(std::move(lease)) {}
Transaction::Transaction(Transaction&&) noexcept = default;
Transaction::~Transaction() { Rollback(); }

Transaction& Transaction::operator=(Transaction&& other) noexcept {
  Rollback();
  dialect_ = other.dialect_;
  now_ = other.now_;
  lease_ = std::move(other.lease_);
  error_ = std::move(other.error_);
  return *this;
}

absl::StatusOr<int64_t> Transaction::Execute(const Statement& statement, const Params& params) {
  return Run(statement, params, nullptr, {}, IgnoreRow, false);
}

absl::StatusOr<int64_t> Transaction::Execute(const Statement& statement, const Batch& batch) {
  return Run(statement, batch.scalars(), &batch, {}, IgnoreRow, false);
}

absl::Status Transaction::Post(const Statement& statement, const Params& params) {
  return Run(statement, params, nullptr, {}, IgnoreRow, true).status();
}

absl::Status Transaction::Post(const Statement& statement, const Batch& batch) {
  return Run(statement, batch.scalars(), &batch, {}, IgnoreRow, true).status();
}

absl::Status Transaction::RunQuery(const Statement& statement, const Params& params,
                                   absl::Span<const ColumnType> types, OnRowView on_row) {
  return Run(statement, params, nullptr, types, on_row, false).status();
}

absl::Status Transaction::RunQuery(const Statement& statement, const Batch& batch,
                                   absl::Span<const ColumnType> types, OnRowView on_row) {
  return Run(statement, batch.scalars(), &batch, types, on_row, false).status();
}

absl::StatusOr<int64_t> Transaction::Run(const Statement& statement, const Params& scalars,
                                         const Batch* batch, absl::Span<const ColumnType> types,
                                         OnRowView on_row, bool posted) {
  RETURN_IF_ERROR(error_);
  if (absl::Status status = CheckValues(statement, scalars, batch); !status.ok())
    return Fail(std::move(status));
  if (batch != nullptr && batch->rows() == 0) return 0;
  Invocation invocation{statement, scalars, {}, 1, types, on_row, posted};
  if (batch != nullptr) {
    invocation.columns = batch->columns();
    invocation.rows = batch->rows();
  }
  absl::StatusOr<int64_t> changed = lease_->session().Run(invocation);
  if (!changed.ok()) return Fail(changed.status());
  return changed;
}

absl::Status Transaction::RunScript(const char* name, const char* sql) {
  RETURN_IF_ERROR(error_);
  absl::Status status = lease_->session().RunScript(name, sql);
  return status.ok() ? status : Fail(std::move(status));
}

absl::StatusOr<absl::Time> Transaction::Now() {
  if (now_.has_value()) return *now_;
  RETURN_IF_ERROR(error_);
  absl::Status status = Query<int64_t>(sql::kNow, {{"process_now", lease_->pool().clock().Now()}},
                                       [&](int64_t now) { now_ = absl::FromUnixMicros(now); });
  if (!status.ok()) return status;
  return *now_;
}

absl::Status Transaction::Commit() {
  if (!error_.ok()) {
    Rollback();
    return error_;
  }
  absl::Status status = lease_->session().Commit();
  if (!status.ok()) Fail(status).IgnoreError();
  Rollback();
  return status;
}

void Transaction::Rollback() {
  if (lease_ == nullptr) return;
  lease_->session().Rollback();
  lease_.reset();
  if (error_.ok()) error_ = absl::FailedPreconditionError("the transaction is over");
}

absl::Status Transaction::Fail(absl::Status error) {
  lease_->pool().CountError(KindOf(error));
  error_ = error;
  return error;
}

}  // namespace tally::db
