#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <soci/soci.h>
#include <soci/sqlite3/soci-sqlite3.h>

#include "absl/status/status.h"
#include "absl/types/span.h"
#include "common/db/row.h"
#include "common/db/session.h"

namespace tally::db {

// The values of a statement's named parameters, in slots that SOCI reads at each execution.
// Outlives the executions.
class SqliteParameters {
 public:
  // Binds a slot for each of `names`, what the statement wants. kStatement if the invocation lacks
  // one of them.
  absl::Status Bind(soci::session& session, soci::statement& statement,
                    const std::vector<std::string>& names, const Invocation& invocation);

  // Puts the columns' values of `row` into their slots.
  void Load(size_t row);

 private:
  struct Slot {
    const Batch::Column* column = nullptr;  // null: a scalar
    soci::indicator indicator = soci::i_null;
    long long number = 0;
    std::string text;
    std::optional<soci::blob> blob;
  };

  static void Set(Slot& slot, std::monostate) { slot.indicator = soci::i_null; }
  static void Set(Slot& slot, int64_t value);
  static void Set(Slot& slot, const std::string& value);
  static void Set(Slot& slot, const Bytes& value);
  static void Set(Slot& slot, const base::Uuid& value) { Set(slot, value.ToString()); }
  template <typename T>
  static void Set(Slot& slot, const std::optional<T>& value) {
    value.has_value() ? Set(slot, *value) : Set(slot, std::monostate());
  }

  std::vector<std::unique_ptr<Slot>> slots_;
};

// The row at hand of a result. Outlives the fetches.
class SqliteRow final : public RowView {
 public:
  explicit SqliteRow(absl::Span<const ColumnType> types) : types_(types), slots_(types.size()) {}

  // Binds a slot for each column. kStatement if the statement has another number of columns.
  absl::Status Bind(soci::statement& statement, const char* statement_name);

  // Whether integers are where the caller reads integers: SQLite's columns take anything.
  absl::Status Check(soci::statement& statement, const char* statement_name) const;

  bool IsNull(int column) const override { return slots_[column].indicator == soci::i_null; }
  int64_t Int(int column) const override { return slots_[column].number; }
  absl::string_view Text(int column) const override { return slots_[column].text; }

 private:
  struct Slot {
    soci::indicator indicator = soci::i_null;
    long long number = 0;
    std::string text;  // SOCI reads BLOBs into strings whole, NUL bytes included
  };

  const absl::Span<const ColumnType> types_;
  std::vector<Slot> slots_;
};

// SOCI's own handle of a prepared statement.
sqlite_api::sqlite3_stmt* HandleOf(soci::statement& statement);

}  // namespace tally::db
