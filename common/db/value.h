#pragma once

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "common/base/uuid.h"

namespace tally::db {

// Binary column content (bytea, BLOB); may contain NUL bytes, which text may not.
struct Bytes {
  std::string data;
};

// A scalar parameter `:name` of a statement. Times go in as Unix microseconds, like all times in
// the tables.
struct Param {
  using Value = std::variant<std::monostate, int64_t, std::string, Bytes>;

  Param(const char* n, int64_t v) : name(n), value(v) {}
  Param(const char* n, int v) : name(n), value(int64_t{v}) {}
  Param(const char* n, absl::Time v) : name(n), value(absl::ToUnixMicros(v)) {}
  Param(const char* n, std::string v) : name(n), value(std::move(v)) {}
  Param(const char* n, absl::string_view v) : name(n), value(std::string(v)) {}
  Param(const char* n, const char* v) : name(n), value(std::string(v)) {}
  Param(const char* n, Bytes v) : name(n), value(std::move(v)) {}
  template <typename T>
  Param(const char* n, const std::optional<T>& v) : name(n) {
    if (v.has_value()) *this = Param(n, *v);
  }

  const char* name;
  Value value;  // monostate is NULL
};

using Params = std::vector<Param>;

// Columns of equal length for a statement that handles many rows at once. On PostgreSQL each column
// is one bound array (int8[], text[], bytea[], uuid[]; written `unnest(:ids::text[])`) and the
// statement runs once; on SQLite it runs once for each row with scalars of the same names.
//
// Several `unnest` in a select list advance together and cost a third of `FROM unnest(…, …)`, which
// stores each array's rows before it joins them.
class Batch {
 public:
  using IntColumn = std::vector<std::optional<int64_t>>;
  using TextColumn = std::vector<std::optional<std::string>>;
  using BytesColumn = std::vector<Bytes>;
  using UuidColumn = std::vector<base::Uuid>;
  struct Column {
    const char* name;
    std::variant<IntColumn, TextColumn, BytesColumn, UuidColumn> values;
  };

  Batch& Ints(const char* name, IntColumn values) { return Add(name, std::move(values)); }
  Batch& Texts(const char* name, TextColumn values) { return Add(name, std::move(values)); }
  Batch& Blobs(const char* name, BytesColumn values) { return Add(name, std::move(values)); }
  Batch& Uuids(const char* name, UuidColumn values) { return Add(name, std::move(values)); }
  // Added to every row unchanged.
  Batch& Scalar(Param param) {
    scalars_.push_back(std::move(param));
    return *this;
  }

  size_t rows() const;
  const std::vector<Column>& columns() const { return columns_; }
  const Params& scalars() const { return scalars_; }

 private:
  template <typename T>
  Batch& Add(const char* name, T values) {
    columns_.push_back({name, std::move(values)});
    return *this;
  }
  std::vector<Column> columns_;
  Params scalars_;
};

}  // namespace tally::db
