#include "common/db/sqlite_binding.h"

#include "absl/strings/str_cat.h"
#include "common/base/status_macros.h"
#include "common/db/error.h"

namespace tally::db {
namespace {

bool IsBytes(const Batch::Column* column, const Param* scalar) {
  return column != nullptr ? std::holds_alternative<Batch::BytesColumn>(column->values)
                           : std::holds_alternative<Bytes>(scalar->value);
}

bool IsText(const Batch::Column* column, const Param* scalar) {
  if (column == nullptr) return std::holds_alternative<std::string>(scalar->value);
  return std::holds_alternative<Batch::TextColumn>(column->values) ||
         std::holds_alternative<Batch::UuidColumn>(column->values);
}

}  // namespace

absl::Status SqliteParameters::Bind(soci::session& session, soci::statement& statement,
                                    const std::vector<std::string>& names,
                                    const Invocation& invocation) {
  for (const std::string& name : names) {
    const Batch::Column* column = FindNamed(invocation.columns, name);
    const Param* scalar = FindNamed(absl::MakeConstSpan(invocation.scalars), name);
    if (column == nullptr && scalar == nullptr) {
      return MakeError(ErrorKind::kStatement, "", invocation.statement.name,
                       absl::StrCat("no value for :", name));
    }
    Slot& slot = *slots_.emplace_back(std::make_unique<Slot>());
    slot.column = column;
    if (IsBytes(column, scalar)) {
      statement.exchange(soci::use(slot.blob.emplace(session), slot.indicator, name));
    } else if (IsText(column, scalar)) {
      statement.exchange(soci::use(slot.text, slot.indicator, name));
    } else {
      statement.exchange(soci::use(slot.number, slot.indicator, name));
    }
    if (column == nullptr) std::visit([&](const auto& value) { Set(slot, value); }, scalar->value);
  }
  return absl::OkStatus();
}

void SqliteParameters::Load(size_t row) {
  for (const std::unique_ptr<Slot>& slot : slots_) {
    if (slot->column == nullptr) continue;
    std::visit([&](const auto& values) { Set(*slot, values[row]); }, slot->column->values);
  }
}

void SqliteParameters::Set(Slot& slot, int64_t value) {
  slot.indicator = soci::i_ok;
  slot.number = value;
}

void SqliteParameters::Set(Slot& slot, const std::string& value) {
  slot.indicator = soci::i_ok;
  slot.text = value;
}

void SqliteParameters::Set(Slot& slot, const Bytes& value) {
  slot.indicator = soci::i_ok;
  // Writing nothing still allocates: a blob that was never written would be bound as NULL.
  if (slot.blob->get_len() > 0) slot.blob->trim(0);
  slot.blob->write(0, value.data.data(), value.data.size());
}

absl::Status SqliteRow::Bind(soci::statement& statement, const char* statement_name) {
  if (types_.empty()) return absl::OkStatus();
  const int columns = sqlite_api::sqlite3_column_count(HandleOf(statement));
  if (columns != static_cast<int>(types_.size())) {
    return MakeError(ErrorKind::kStatement, "", statement_name,
                     absl::StrCat("returns ", columns, " columns, ", types_.size(), " are read"));
  }
  for (size_t i = 0; i < types_.size(); ++i) {
    Slot& slot = slots_[i];
    if (types_[i] == ColumnType::kInt) {
      statement.exchange(soci::into(slot.number, slot.indicator));
    } else {
      statement.exchange(soci::into(slot.text, slot.indicator));
    }
  }
  return absl::OkStatus();
}

absl::Status SqliteRow::Check(soci::statement& statement, const char* statement_name) const {
  for (size_t i = 0; i < types_.size(); ++i) {
    const int column = static_cast<int>(i);
    if (types_[i] != ColumnType::kInt || IsNull(column)) continue;
    if (sqlite_api::sqlite3_column_type(HandleOf(statement), column) != SQLITE_INTEGER) {
      return MakeError(
          ErrorKind::kStatement, "", statement_name,
          absl::StrCat("column ", i + 1, " is read as an integer and holds something else"));
    }
  }
  return absl::OkStatus();
}

sqlite_api::sqlite3_stmt* HandleOf(soci::statement& statement) {
  return static_cast<soci::sqlite3_statement_backend*>(statement.get_backend())->stmt_;
}

}  // namespace tally::db
