-- What every database of the system has before any module's tables; run at each start, so that it must stay repeatable.
CREATE TABLE IF NOT EXISTS schema_migration (
  module text NOT NULL,
  version bigint NOT NULL,
  name text NOT NULL,
  checksum text NOT NULL,
  applied_at bigint NOT NULL,
  PRIMARY KEY (module, version)
);

-- One row: which history of data this is.
CREATE TABLE IF NOT EXISTS database_identity (
  singleton bigint NOT NULL PRIMARY KEY CHECK (singleton = 1),
  identity text NOT NULL,
  created_at bigint NOT NULL
);
