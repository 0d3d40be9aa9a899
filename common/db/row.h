#pragma once

#include <cstdint>

#include "absl/strings/string_view.h"

namespace tally::db {

// What the caller reads a column of a result as.
enum class ColumnType { kInt, kText };

// One row of a result, valid during the callback that gets it.
class RowView {
 public:
  virtual ~RowView() = default;
  virtual bool IsNull(int column) const = 0;
  virtual int64_t Int(int column) const = 0;
  // Text or bytes; valid until the next call.
  virtual absl::string_view Text(int column) const = 0;
};

}  // namespace tally::db
