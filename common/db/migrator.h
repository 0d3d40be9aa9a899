#pragma once

#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "common/base/clock.h"
#include "common/db/migration.h"
#include "common/db/transaction.h"

namespace tally::db {

// Brings one module's tables to the state this binary was built for, within a transaction that the
// caller commits: all of it happens or nothing. Holds the migration lock until then.
class Migrator {
 public:
  Migrator(Transaction& transaction, base::Clock& clock)
      : transaction_(transaction), clock_(clock) {}

  // See Database::Migrate.
  absl::Status Apply(absl::string_view module, absl::Span<const Migration> migrations);

 private:
  absl::Status MakeCatalog();
  absl::StatusOr<size_t> CheckApplied(absl::string_view module,
                                      absl::Span<const Migration> migrations);
  absl::Status ApplyOne(absl::string_view module, const Migration& migration);
  bool sqlite() const { return transaction_.dialect() == Dialect::kSqlite; }

  Transaction& transaction_;
  base::Clock& clock_;
};

}  // namespace tally::db
