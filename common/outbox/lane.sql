-- Lock order wherever more than one is held: lane, then lease, then cursor; lanes sorted by id.

-- fragment: Head
(SELECT max(through) FROM
   (SELECT max(sequence) AS through FROM outbox_event WHERE lane_id = CAST(:lane_id AS uuid)
    UNION ALL
    SELECT trimmed_through FROM outbox_cursor WHERE lane_id = CAST(:lane_id AS uuid)) AS heads)

-- name: InsertLane
INSERT INTO outbox_lane (lane_id, stream, state, opened_by, opened_at)
VALUES (CAST(:lane_id AS uuid), :stream, 'open', :holder, :now)

-- name: InsertCursor
INSERT INTO outbox_cursor (lane_id, published_through, trimmed_through) VALUES (CAST(:lane_id AS uuid), 0, 0)

-- name: InsertLease
INSERT INTO outbox_lease (lane_id, holder, expires_at) VALUES (CAST(:lane_id AS uuid), :holder, :expires_at)

-- name: FenceLane [postgresql]
-- Posted: it divides by zero unless the lane is open and stands at that head, and nothing behind it is done then.
-- FOR SHARE, not FOR KEY SHARE: an UPDATE of any column must wait for it. The head may be read by the locking statement, because
-- nobody but the caller writes to this lane. Served by the primary keys of all three tables.
SELECT 1 / count(*) FROM
  (SELECT FROM outbox_lane WHERE lane_id = CAST(:lane_id AS uuid) AND state = 'open' AND {{Head}} = :head FOR SHARE) AS fenced

-- name: FenceLane [sqlite]
SELECT 1 FROM outbox_lane WHERE lane_id = :lane_id AND state = 'open' AND {{Head}} = :head

-- name: InsertEvents [postgresql]
INSERT INTO outbox_event (lane_id, sequence, subject, type, headers, payload, record_time)
SELECT CAST(:lane_id AS uuid), sequence, subject, type, headers, payload, CAST(:record_time AS bigint)
FROM (SELECT unnest(:sequence::bigint[]) AS sequence, unnest(:subject::text[]) AS subject,
             unnest(:type::text[]) AS type, unnest(:headers::text[]) AS headers,
             unnest(:payload::bytea[]) AS payload) AS event

-- name: InsertEvents [sqlite]
INSERT INTO outbox_event (lane_id, sequence, subject, type, headers, payload, record_time)
VALUES (:lane_id, :sequence, :subject, :type, :headers, :payload, :record_time)

-- name: LimitLockWait [postgresql]
-- For who can come again later and must not stand still until then.
SELECT set_config('lock_timeout', '500ms', true)

-- name: LimitLockWait [sqlite]
SELECT 'none'

-- name: LockLane [postgresql]
-- The first statement of closing. It waits for every batch that holds the fence. Served by outbox_lane_pkey.
SELECT state, final_sequence FROM outbox_lane WHERE lane_id = CAST(:lane_id AS uuid) FOR UPDATE

-- name: LockLane [sqlite]
SELECT state, final_sequence FROM outbox_lane WHERE lane_id = :lane_id

-- name: CloseLane
-- Only after LockLane, as a statement of its own: one that locks and reads other rows reads them as of its start, before
-- the batch it waited for. Served by the primary keys of all three tables.
UPDATE outbox_lane SET state = 'closed', final_sequence = {{Head}}, closed_at = :now
WHERE lane_id = CAST(:lane_id AS uuid)
RETURNING final_sequence

-- name: FindLane
-- Served by the primary keys of all three tables.
SELECT lane.state, COALESCE(lane.final_sequence, {{Head}}), cursor_of.published_through, cursor_of.trimmed_through
FROM outbox_lane AS lane JOIN outbox_cursor AS cursor_of ON cursor_of.lane_id = lane.lane_id
WHERE lane.lane_id = CAST(:lane_id AS uuid)

-- name: ListExpiredLeases
-- Reads the whole table: it holds only lanes that are open or not yet published.
SELECT CAST(lane_id AS text) FROM outbox_lease
WHERE expires_at < :now OR (CAST(:sole_process AS bigint) = 1 AND holder <> :holder)
ORDER BY expires_at, lane_id
LIMIT :lanes_max

-- name: LockLease [postgresql]
-- Served by outbox_lease_pkey, as all that follows on this table.
SELECT holder, expires_at FROM outbox_lease WHERE lane_id = CAST(:lane_id AS uuid) FOR UPDATE

-- name: LockLease [sqlite]
SELECT holder, expires_at FROM outbox_lease WHERE lane_id = :lane_id

-- name: TakeLease
UPDATE outbox_lease SET holder = :holder, expires_at = :expires_at WHERE lane_id = CAST(:lane_id AS uuid)

-- name: RenewLeases [postgresql]
WITH held AS (
  SELECT lane_id FROM outbox_lease
  WHERE lane_id = ANY (CAST(:lane_id::text[] AS uuid[])) AND holder = :holder
  ORDER BY lane_id FOR UPDATE)
UPDATE outbox_lease AS lease SET expires_at = :expires_at FROM held WHERE lease.lane_id = held.lane_id
RETURNING CAST(lease.lane_id AS text)

-- name: RenewLeases [sqlite]
UPDATE outbox_lease SET expires_at = :expires_at WHERE lane_id = :lane_id AND holder = :holder RETURNING lane_id

-- name: DeleteLeases [postgresql]
-- Only of lanes that are closed in this database, whatever the caller remembers: one that went back in time may have an open
-- lane again, and without its lease nobody would ever close it.
WITH held AS (
  SELECT lane_id FROM outbox_lease
  WHERE lane_id = ANY (CAST(:lane_id::text[] AS uuid[])) AND holder = :holder
    AND EXISTS (SELECT 1 FROM outbox_lane AS lane WHERE lane.lane_id = outbox_lease.lane_id AND lane.state = 'closed')
  ORDER BY lane_id FOR UPDATE)
DELETE FROM outbox_lease AS lease USING held WHERE lease.lane_id = held.lane_id

-- name: DeleteLeases [sqlite]
DELETE FROM outbox_lease
WHERE lane_id = :lane_id AND holder = :holder
  AND EXISTS (SELECT 1 FROM outbox_lane AS lane WHERE lane.lane_id = outbox_lease.lane_id AND lane.state = 'closed')

-- name: RaiseCursors [postgresql]
-- Never above the end of the lane: a database that went back in time has not what its relay remembers. Served by the primary
-- keys of all three tables.
WITH wanted AS (
  SELECT old.lane_id, target.published_through
  FROM outbox_cursor AS old
  JOIN unnest(:lane_id::text[], :published_through::bigint[]) AS target (lane_id, published_through)
    ON old.lane_id = CAST(target.lane_id AS uuid)
  ORDER BY old.lane_id FOR UPDATE OF old)
UPDATE outbox_cursor AS old SET published_through = GREATEST(old.published_through, LEAST(wanted.published_through,
  COALESCE((SELECT final_sequence FROM outbox_lane AS lane WHERE lane.lane_id = old.lane_id),
           (SELECT max(sequence) FROM outbox_event AS event WHERE event.lane_id = old.lane_id), old.trimmed_through)))
FROM wanted WHERE old.lane_id = wanted.lane_id

-- name: RaiseCursors [sqlite]
UPDATE outbox_cursor SET published_through = max(published_through, min(:published_through,
  COALESCE((SELECT final_sequence FROM outbox_lane AS lane WHERE lane.lane_id = outbox_cursor.lane_id),
           (SELECT max(sequence) FROM outbox_event AS event WHERE event.lane_id = outbox_cursor.lane_id), trimmed_through)))
WHERE lane_id = :lane_id

-- name: ReadEvents
-- The running sum ends the answer before its payloads outgrow memory. Served by outbox_event_pkey.
SELECT sequence, subject, type, headers, payload, record_time
FROM (SELECT sequence, subject, type, headers, payload, record_time,
             sum(length(payload)) OVER (ORDER BY sequence) - length(payload) AS bytes_before
      FROM (SELECT * FROM outbox_event
            WHERE lane_id = CAST(:lane_id AS uuid) AND sequence BETWEEN :first AND :last
            ORDER BY sequence LIMIT :events_max) AS wanted) AS counted
WHERE bytes_before < :bytes_max
ORDER BY sequence

-- name: InsertParked [postgresql]
-- An event that was parked in an earlier life of its relay is counted on; one that was given up stays so. FOR SHARE: what
-- is being erased from the event must not go on standing here. Served by outbox_event_pkey.
INSERT INTO outbox_parked (lane_id, sequence, subject, type, headers, payload, record_time, error, attempts, outcome_unknown,
                           state, reason, changed_by, changed_at)
SELECT lane_id, sequence, subject, type, headers, payload, record_time, :error, CAST(:attempts AS bigint),
       CAST(:outcome_unknown AS bigint), 'parked', '', :holder, CAST(:now AS bigint)
FROM (SELECT * FROM outbox_event WHERE lane_id = CAST(:lane_id AS uuid) AND sequence = :sequence FOR SHARE) AS event
ON CONFLICT (lane_id, sequence) DO UPDATE SET
  error = excluded.error, attempts = outbox_parked.attempts + excluded.attempts,
  outcome_unknown = CASE WHEN excluded.outcome_unknown = 1 THEN 1 ELSE outbox_parked.outcome_unknown END,
  changed_by = excluded.changed_by, changed_at = excluded.changed_at
WHERE outbox_parked.state = 'parked'

-- name: InsertParked [sqlite]
INSERT INTO outbox_parked (lane_id, sequence, subject, type, headers, payload, record_time, error, attempts, outcome_unknown,
                           state, reason, changed_by, changed_at)
SELECT lane_id, sequence, subject, type, headers, payload, record_time, :error, CAST(:attempts AS bigint),
       CAST(:outcome_unknown AS bigint), 'parked', '', :holder, CAST(:now AS bigint)
FROM (SELECT * FROM outbox_event WHERE lane_id = :lane_id AND sequence = :sequence) AS event
WHERE true
ON CONFLICT (lane_id, sequence) DO UPDATE SET
  error = excluded.error, attempts = outbox_parked.attempts + excluded.attempts,
  outcome_unknown = CASE WHEN excluded.outcome_unknown = 1 THEN 1 ELSE outbox_parked.outcome_unknown END,
  changed_by = excluded.changed_by, changed_at = excluded.changed_at
WHERE outbox_parked.state = 'parked'
