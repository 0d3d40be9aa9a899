#pragma once

namespace tally::db {

// One named SQL statement in both dialects; written in .sql files and embedded by
// cmake/embed_sql.py. Static lifetime: sessions keep their prepared statements by the address of
// this object's text.
struct Statement {
  const char* name;
  const char* postgresql;
  const char* sqlite;
};

}  // namespace tally::db
