#include "common/ops/database_status.h"

#include <algorithm>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/base/status_macros.h"
#include "common/db/durability.h"

namespace tally::ops {

absl::Status FillDatabaseStatus(db::Database& database, absl::Time deadline,
                                v1::DatabaseStatus& status, Alarms& alarms) {
  status.set_kind(database.dialect() == db::Dialect::kSqlite ? "sqlite" : "postgresql");
  ASSIGN_OR_RETURN(*status.mutable_database_id(), database.Identity());
  ASSIGN_OR_RETURN(const db::DurabilitySettings settings, database.ReadDurability(deadline));
  status.mutable_durability()->insert(settings.begin(), settings.end());
  status.set_survives(std::string(db::Name(db::DurabilityOf(settings))));
  const db::Durability minimum = database.durability_minimum();
  status.set_minimum(std::string(db::Name(minimum)));
  const std::vector<std::string> shortcomings =
      db::Shortcomings(settings, std::max(minimum, db::Durability::kMachine));
  if (!shortcomings.empty()) {
    Raise(kDatabaseNotDurable,
          absl::StrCat(absl::StrJoin(shortcomings, ", "),
                       ": what was committed can be lost when the machine fails"),
          absl::InfinitePast(), alarms);
  }
  return absl::OkStatus();
}

}  // namespace tally::ops
