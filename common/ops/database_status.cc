#include "common/ops/database_status.h"

#include <map>
#include <string>

#include "absl/strings/str_cat.h"
#include "common/base/status_macros.h"
#include "common/db/durability.h"

namespace tally::ops {

absl::Status FillDatabaseStatus(db::Database& database, absl::Time deadline,
                                v1::DatabaseStatus& status, Alarms& alarms) {
  status.set_kind(database.dialect() == db::Dialect::kSqlite ? "sqlite" : "postgresql");
  ASSIGN_OR_RETURN(*status.mutable_database_id(), database.Identity());
  ASSIGN_OR_RETURN(const auto settings, db::ReadDurability(database, deadline));
  status.mutable_durability()->insert(settings.begin(), settings.end());
  for (const char* name : {"fsync", "full_page_writes", "synchronous_commit", "synchronous"}) {
    const auto setting = settings.find(name);
    if (setting == settings.end() || setting->second != "off") continue;
    Raise(kDatabaseNotDurable,
          absl::StrCat(name, " is off: what was committed can be lost when the machine fails"),
          absl::InfinitePast(), alarms);
  }
  return absl::OkStatus();
}

}  // namespace tally::ops
