-- The statements of CopyWatch.

-- name: FindPlace
-- The server since its start, and the database in it. Only PostgreSQL is asked.
SELECT CAST(CAST(extract(epoch FROM pg_postmaster_start_time()) * 1000000 AS bigint) AS text) || '/' || CAST(oid AS text)
FROM pg_database WHERE datname = current_database()
