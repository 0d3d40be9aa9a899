-- name: InsertThing
INSERT INTO thing (id, label, body, owner, amount) VALUES (:id, :label, :body, :owner, :amount)

-- name: InsertThings [postgresql]
INSERT INTO thing (id, label, body, owner, amount)
SELECT id, label, body, :owner::uuid, amount
FROM unnest(:id::bigint[], :label::text[], :body::bytea[], :amount::bigint[]) AS given (id, label, body, amount)
RETURNING id, label

-- name: InsertThings [sqlite]
INSERT INTO thing (id, label, body, owner, amount) VALUES (:id, :label, :body, :owner, :amount)
RETURNING id, label

-- name: InsertIds [postgresql]
INSERT INTO thing (id) SELECT unnest(:id::bigint[])

-- name: InsertIds [sqlite]
INSERT INTO thing (id) VALUES (:id)

-- name: InsertOwned [postgresql]
INSERT INTO thing (id, owner) SELECT unnest(:id::bigint[]), unnest(:owner::uuid[])

-- name: InsertOwned [sqlite]
INSERT INTO thing (id, owner) VALUES (:id, :owner)

-- name: FindThing
SELECT id, label, body, owner, amount FROM thing WHERE id = :id

-- name: ListIds
SELECT id FROM thing ORDER BY id

-- name: CountThings
SELECT count(*) FROM thing

-- name: SumIds
SELECT CAST(sum(id) AS bigint) FROM thing

-- name: RaiseAmounts
UPDATE thing SET amount = amount + :by WHERE amount >= :least

-- name: FindByOwner
SELECT id FROM thing WHERE owner = :owner

-- name: ReadTextAsInteger
SELECT label FROM thing

-- name: NoSuchColumn
SELECT colour FROM thing

-- name: AddOne
SELECT :number + 1

-- name: LockThing
UPDATE thing SET amount = amount WHERE id = :id

-- Only for PostgreSQL.
-- name: Dawdle
SELECT count(*) FROM pg_sleep(60)

-- name: BackendPid
SELECT pg_backend_pid()

-- name: CountLockWaits
SELECT count(*) FROM pg_locks WHERE NOT granted AND pid = CAST(:pid AS integer)

-- name: EndBackend
SELECT pg_terminate_backend(CAST(:pid AS integer))

-- name: CountBackends
SELECT count(*) FROM pg_stat_activity WHERE pid = :pid

-- name: TransactionSettings
SELECT concat_ws(' ', current_setting('statement_timeout'), current_setting('lock_timeout'),
                 current_setting('idle_in_transaction_session_timeout'), current_setting('synchronous_commit'),
                 current_setting('transaction_isolation'))

-- name: MakeDeferred
CREATE TABLE deferred_thing (id bigint UNIQUE DEFERRABLE INITIALLY DEFERRED)

-- name: InsertDeferred
INSERT INTO deferred_thing (id) VALUES (:id)

-- name: MakeDiskFull
CREATE FUNCTION disk_full() RETURNS bigint LANGUAGE plpgsql AS 'BEGIN RAISE EXCEPTION USING ERRCODE = ''53100''; END'

-- name: RaiseDiskFull
SELECT disk_full()

-- Only for SQLite.
-- name: AllowNoMorePages
PRAGMA max_page_count = 1

-- name: JournalMode
PRAGMA journal_mode

-- name: Synchronous
PRAGMA synchronous
