#pragma once

namespace tally::db {

// One numbered, forward-only schema change of a module; embedded by cmake/embed_sql.py. Statements
// end with ';' at the end of a line. The checksum is of the text as embedded: a database that was
// migrated with another text is refused.
struct Migration {
  int version;
  const char* name;
  const char* postgresql;
  const char* postgresql_checksum;
  const char* sqlite;
  const char* sqlite_checksum;
};

}  // namespace tally::db
