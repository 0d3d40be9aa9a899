-- What common/db itself asks of a database.

-- name: Now [postgresql]
SELECT CAST(extract(epoch FROM clock_timestamp()) * 1000000 AS bigint)

-- name: Now [sqlite]
SELECT :process_now

-- Another process than the connection was promised: a pooler stands between.
-- Only PostgreSQL is asked.
-- name: BackendPid
SELECT pg_backend_pid()

-- For the transaction that was begun just before. Only PostgreSQL is asked.
-- name: SetTimeouts
SELECT set_config('statement_timeout', :statement, true), set_config('lock_timeout', :lock, true),
       set_config('idle_in_transaction_session_timeout', :idle, true), set_config('synchronous_commit', 'on', true)

-- On SQLite, BEGIN IMMEDIATE is the lock.
-- name: LockMigrations [postgresql]
SELECT pg_advisory_xact_lock(7310011873259431)

-- name: LockMigrations [sqlite]
SELECT 1

-- Served by schema_migration_pkey.
-- name: ListMigrations
SELECT version, checksum FROM schema_migration WHERE module = :module ORDER BY version

-- name: InsertMigration
INSERT INTO schema_migration (module, version, name, checksum, applied_at)
VALUES (:module, :version, :name, :checksum, :applied_at)

-- name: InsertIdentity
INSERT INTO database_identity (singleton, identity, created_at)
VALUES (1, :identity, :created_at)
ON CONFLICT (singleton) DO NOTHING

-- name: FindIdentity
SELECT identity FROM database_identity

-- name: Durability [postgresql]
SELECT name, setting FROM pg_settings WHERE name IN ('fsync', 'synchronous_commit', 'full_page_writes', 'synchronous_standby_names')
UNION ALL
SELECT 'is_in_recovery', CASE WHEN pg_is_in_recovery() THEN 'on' ELSE 'off' END

-- name: Durability [sqlite]
SELECT 'journal_mode', journal_mode FROM pragma_journal_mode
UNION ALL
SELECT 'synchronous', CASE synchronous WHEN 0 THEN 'off' WHEN 1 THEN 'normal' WHEN 2 THEN 'full' ELSE 'extra' END
FROM pragma_synchronous
