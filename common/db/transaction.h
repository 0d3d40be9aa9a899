#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "common/db/row.h"
#include "common/db/statement.h"
#include "common/db/value.h"

namespace tally::db {

class Database;
class Lease;
enum class Dialect { kPostgres, kSqlite };
enum class Mode { kRead, kWrite };

// One database transaction; the only way to run a statement. READ COMMITTED on PostgreSQL, BEGIN
// IMMEDIATE for kWrite on SQLite (writers of one process queue for it in arrival order); kRead
// refuses statements that write. Rolled back by the destructor unless Commit() was called. After
// the first error, an on_row's included, only rollback is left: later calls return that error.
// Calls block for as long as the statement takes, at most DatabaseOptions' timeouts. Not
// thread-safe.
class Transaction {
 public:
  // Waits for a free session until `deadline`. UNAVAILABLE when none came or the database is away.
  static absl::StatusOr<Transaction> Begin(Database& database, Mode mode, absl::Time deadline);
  Transaction(Transaction&&) noexcept;
  Transaction& operator=(Transaction&&) noexcept;
  ~Transaction();

  // Runs a statement; returns the number of rows it changed. Every parameter it names must be
  // given; others may be.
  absl::StatusOr<int64_t> Execute(const Statement& statement, const Params& params = {});

  absl::StatusOr<int64_t> Execute(const Statement& statement, std::initializer_list<Param> params) {
    return Execute(statement,
                   Params(params));  // so that `{}` means no parameters, not an empty batch
  }

  // Runs a statement for every row of `batch` (see Batch); returns the number of rows it changed in
  // all.
  absl::StatusOr<int64_t> Execute(const Statement& statement, const Batch& batch);

  // Execute for whoever does not need the answer now: on PostgreSQL its error is returned by a
  // later call, at the latest by Commit. Statements run in the order they were posted in, and none
  // after one that failed.
  absl::Status Post(const Statement& statement, const Params& params);
  absl::Status Post(const Statement& statement, const Batch& batch);

  // Calls on_row(Columns...) for each row; Columns are int64_t, std::string, Bytes or std::optional
  // of these and must match the select list. NULL in a column that is not optional is INTERNAL.
  // on_row returns nothing or a status, and must not use the transaction. A numeric (the sum of
  // bigints on PostgreSQL) must be cast to bigint.
  template <typename... Columns, typename OnRow>
  absl::Status Query(const Statement& statement, const Params& params, OnRow&& on_row) {
    return RunQuery(statement, params, Types<Columns...>(), [&](const RowView& row) {
      return Call<Columns...>(row, on_row, std::index_sequence_for<Columns...>());
    });
  }
  template <typename... Columns, typename OnRow>
  absl::Status Query(const Statement& statement, std::initializer_list<Param> params,
                     OnRow&& on_row) {
    return Query<Columns...>(statement, Params(params), on_row);
  }
  template <typename... Columns, typename OnRow>
  absl::Status Query(const Statement& statement, const Batch& batch, OnRow&& on_row) {
    return RunQuery(statement, batch, Types<Columns...>(), [&](const RowView& row) {
      return Call<Columns...>(row, on_row, std::index_sequence_for<Columns...>());
    });
  }
  // The first row, or nullopt if there is none.
  template <typename... Columns>
  absl::StatusOr<std::optional<std::tuple<Columns...>>> QueryOne(const Statement& statement,
                                                                 const Params& params = {}) {
    std::optional<std::tuple<Columns...>> result;
    absl::Status status = Query<Columns...>(statement, params, [&](Columns... columns) {
      if (!result.has_value()) result.emplace(std::move(columns)...);
    });
    if (!status.ok()) return status;
    return result;
  }

  // The database's clock on PostgreSQL (asked once per transaction), the process' clock on SQLite.
  // Microseconds.
  absl::StatusOr<absl::Time> Now();

  // kUnknownOutcome when the connection was lost while committing; ABORTED when the server rolled
  // back instead.
  absl::Status Commit();
  void Rollback();

  Dialect dialect() const { return dialect_; }

 private:
  friend class Database;
  friend class Migrator;
  using OnRowView = absl::FunctionRef<absl::Status(const RowView&)>;

  explicit Transaction(std::unique_ptr<Lease> lease);
  absl::Status RunQuery(const Statement& statement, const Params& params,
                        absl::Span<const ColumnType> types, OnRowView on_row);
  absl::Status RunQuery(const Statement& statement, const Batch& batch,
                        absl::Span<const ColumnType> types, OnRowView on_row);
  absl::StatusOr<int64_t> Run(const Statement& statement, const Params& scalars, const Batch* batch,
                              absl::Span<const ColumnType> types, OnRowView on_row, bool posted);
  absl::Status RunScript(const char* name, const char* sql);
  absl::Status Fail(absl::Status error);

  template <typename T>
  struct Column;
  template <typename... Columns>
  static absl::Span<const ColumnType> Types() {
    static_assert(sizeof...(Columns) > 0, "name the columns: Query<int64_t, std::string>(...)");
    static constexpr std::array<ColumnType, sizeof...(Columns)> kTypes = {
        Column<Columns>::kType...};
    return kTypes;
  }
  template <typename... Columns, typename OnRow, size_t... I>
  static absl::Status Call(const RowView& row, OnRow& on_row, std::index_sequence<I...>) {
    if ((... || (!Column<Columns>::kNullable && row.IsNull(static_cast<int>(I))))) {
      return absl::InternalError("unexpected NULL in a result");
    }
    if constexpr (std::is_same_v<decltype(on_row(std::declval<Columns>()...)), absl::Status>) {
      return on_row(Column<Columns>::Get(row, static_cast<int>(I))...);
    } else {
      on_row(Column<Columns>::Get(row, static_cast<int>(I))...);
      return absl::OkStatus();
    }
  }

  Dialect dialect_;
  std::optional<absl::Time> now_;
  std::unique_ptr<Lease> lease_;  // null when the transaction is over
  absl::Status error_;            // the first one
};

template <>
struct Transaction::Column<int64_t> {
  static constexpr ColumnType kType = ColumnType::kInt;
  static constexpr bool kNullable = false;
  static int64_t Get(const RowView& row, int i) { return row.Int(i); }
};
template <>
struct Transaction::Column<std::string> {
  static constexpr ColumnType kType = ColumnType::kText;
  static constexpr bool kNullable = false;
  static std::string Get(const RowView& row, int i) { return std::string(row.Text(i)); }
};
template <>
struct Transaction::Column<Bytes> {
  static constexpr ColumnType kType = ColumnType::kText;
  static constexpr bool kNullable = false;
  static Bytes Get(const RowView& row, int i) { return Bytes{std::string(row.Text(i))}; }
};
template <typename T>
struct Transaction::Column<std::optional<T>> {
  static constexpr ColumnType kType = Column<T>::kType;
  static constexpr bool kNullable = true;
  static std::optional<T> Get(const RowView& row, int i) {
    if (row.IsNull(i)) return std::nullopt;
    return Column<T>::Get(row, i);
  }
};

}  // namespace tally::db
