#include "common/db/durability.h"

#include <utility>

#include "common/base/status_macros.h"
#include "common/db/database_sql.h"

namespace tally::db {

absl::StatusOr<std::map<std::string, std::string>> ReadDurability(Database& database,
                                                                  absl::Time deadline) {
  std::map<std::string, std::string> settings;
  RETURN_IF_ERROR(database.Run(Mode::kRead, deadline, [&](Transaction& transaction) {
    return transaction.Query<std::string, std::string>(
        sql::kDurability, {},
        [&](const std::string& name, std::string value) { settings[name] = std::move(value); });
  }));
  return settings;
}

}  // namespace tally::db
