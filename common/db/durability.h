#pragma once

#include <map>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/db/database.h"

namespace tally::db {

// The server's or file's own settings that a database's promises rest on, by name, as they are now:
// fsync, synchronous_commit, full_page_writes, is_in_recovery; journal_mode, synchronous. Blocks;
// errors are those of error.h.
absl::StatusOr<std::map<std::string, std::string>> ReadDurability(Database& database,
                                                                  absl::Time deadline);

}  // namespace tally::db
