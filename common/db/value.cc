#include "common/db/value.h"

namespace tally::db {

size_t Batch::rows() const {
  if (columns_.empty()) return 0;
  return std::visit([](const auto& values) { return values.size(); }, columns_.front().values);
}

}  // namespace tally::db
