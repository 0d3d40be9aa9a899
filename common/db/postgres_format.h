#pragma once

#include <libpq-fe.h>

#include <cstdint>
#include <deque>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/types/span.h"
#include "common/db/row.h"
#include "common/db/session.h"
#include "common/db/value.h"

namespace tally::db {

// The parameters of one execution as libpq takes them; owns the bytes. Scalars: integers and texts
// as text, so that the server may read a text as a uuid, bytes in binary. Columns: arrays in binary
// (int8[], text[], bytea[], uuid[]).
class PostgresParameters {
 public:
  // `names` is what the statement wants, in the order of $1, $2, … kStatement if the invocation
  // lacks one of them.
  absl::Status Encode(const std::vector<std::string>& names, const Invocation& invocation);

  int count() const { return static_cast<int>(values_.size()); }
  const Oid* types() const { return types_.data(); }
  const char* const* values() const { return values_.data(); }
  const int* lengths() const { return lengths_.data(); }
  const int* formats() const { return formats_.data(); }
  // What they add to a pipeline with the messages around them, at most.
  size_t message_bytes() const { return bytes_ + 64 + 10 * values_.size(); }

 private:
  void Add(Oid type, std::string bytes, int format);
  void AddScalar(const Param::Value& value);

  std::deque<std::string> storage_;  // addresses of its elements stay
  std::vector<Oid> types_;
  std::vector<const char*> values_;
  std::vector<int> lengths_;
  std::vector<int> formats_;
  size_t bytes_ = 0;
};

// The one-dimensional array of a column in PostgreSQL's binary format.
std::string EncodeArray(const Batch::Column& column);

// A row of a result in binary format. The result must outlive it.
class PostgresRow final : public RowView {
 public:
  explicit PostgresRow(const PGresult* result) : result_(result) {}

  // Whether the caller reads each column as what it is: int2, int4, int8, bool as kInt; text,
  // varchar, bpchar, name, bytea, uuid, json as kText. kStatement names the first that does not
  // fit.
  absl::Status Check(absl::Span<const ColumnType> types, const char* statement_name) const;

  void MoveTo(int row) { row_ = row; }

  bool IsNull(int column) const override { return PQgetisnull(result_, row_, column) != 0; }
  int64_t Int(int column) const override;
  absl::string_view Text(int column) const override;

 private:
  absl::string_view Raw(int column) const;

  const PGresult* const result_;
  int row_ = 0;
  mutable std::string uuid_;
};

}  // namespace tally::db
