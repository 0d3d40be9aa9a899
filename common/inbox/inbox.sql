-- The statements of InboxStore. Every one is served by the primary key of its table unless it says otherwise.

-- name: RegisterConsumer
INSERT INTO inbox_consumer (consumer, started_at)
SELECT :consumer, :now
WHERE NOT EXISTS (SELECT 1 FROM inbox_consumer)
ON CONFLICT (consumer) DO NOTHING

-- name: FindConsumer
SELECT consumer FROM inbox_consumer ORDER BY started_at, consumer

-- Sorted, so that two batches that meet the same new lanes wait for each other in one direction only.
-- name: InsertMissingLanes [postgresql]
INSERT INTO inbox_lane (consumer, lane_id, source, applied_through, ranges, started_at)
SELECT :consumer, l.lane_id::uuid, l.source, 0, '', :now
FROM unnest(:lane_ids::text[], :sources::text[]) AS l (lane_id, source)
ORDER BY l.lane_id
ON CONFLICT (consumer, lane_id) DO NOTHING

-- name: InsertMissingLanes [sqlite]
INSERT INTO inbox_lane (consumer, lane_id, source, applied_through, ranges, started_at)
VALUES (:consumer, :lane_ids, :sources, 0, '', :now)
ON CONFLICT (consumer, lane_id) DO NOTHING

-- What it returns stands so under the lock: after a wait PostgreSQL reads a row again that it locks, and only that row.
-- name: LockLanes [postgresql]
SELECT CAST(lane_id AS text), applied_through, ranges FROM inbox_lane
WHERE consumer = :consumer AND lane_id = ANY (:lane_ids::text[]::uuid[])
ORDER BY inbox_lane.lane_id
FOR UPDATE

-- SQLite has one writer at a time: nothing to lock.
-- name: LockLanes [sqlite]
SELECT lane_id, applied_through, ranges FROM inbox_lane
WHERE consumer = :consumer AND lane_id = :lane_ids

-- name: ReadLanes [postgresql]
SELECT CAST(lane_id AS text), applied_through, ranges FROM inbox_lane
WHERE consumer = :consumer AND lane_id = ANY (:lane_ids::text[]::uuid[])

-- name: ReadLanes [sqlite]
SELECT lane_id, applied_through, ranges FROM inbox_lane
WHERE consumer = :consumer AND lane_id = :lane_ids

-- name: SaveLanes [postgresql]
UPDATE inbox_lane AS l
SET applied_through = n.applied_through, ranges = n.ranges
FROM unnest(:lane_ids::text[], :throughs::bigint[], :ranges::text[]) AS n (lane_id, applied_through, ranges)
WHERE l.consumer = :consumer AND l.lane_id = n.lane_id::uuid

-- name: SaveLanes [sqlite]
UPDATE inbox_lane SET applied_through = :throughs, ranges = :ranges
WHERE consumer = :consumer AND lane_id = :lane_ids

-- name: ReadMarks [postgresql]
SELECT CAST(lane_id AS text), applied_through, ranges, begun_through, begun_ranges, alone_through, alone_ranges
FROM inbox_lane
WHERE consumer = :consumer AND lane_id = ANY (:lane_ids::text[]::uuid[])

-- name: ReadMarks [sqlite]
SELECT lane_id, applied_through, ranges, begun_through, begun_ranges, alone_through, alone_ranges
FROM inbox_lane
WHERE consumer = :consumer AND lane_id = :lane_ids

-- name: SaveBegun [postgresql]
UPDATE inbox_lane AS l
SET begun_through = n.begun_through, begun_ranges = n.begun_ranges,
    alone_through = n.alone_through, alone_ranges = n.alone_ranges
FROM unnest(:lane_ids::text[], :throughs::bigint[], :ranges::text[], :alone_throughs::bigint[], :alone_ranges::text[])
  AS n (lane_id, begun_through, begun_ranges, alone_through, alone_ranges)
WHERE l.consumer = :consumer AND l.lane_id = n.lane_id::uuid

-- name: SaveBegun [sqlite]
UPDATE inbox_lane SET begun_through = :throughs, begun_ranges = :ranges,
                      alone_through = :alone_throughs, alone_ranges = :alone_ranges
WHERE consumer = :consumer AND lane_id = :lane_ids

-- name: InsertLetters [postgresql]
INSERT INTO inbox_letter (consumer, event_id, lane_id, sequence, subject, type, headers, payload, error,
                          attempts, unended, state, next_attempt_at, first_failed_at, changed_at)
SELECT :consumer, x.event_id, x.lane_id::uuid, x.sequence, x.subject, x.type, x.headers, x.payload,
       x.error, x.attempts, x.unended, x.state, x.next_attempt_at, x.first_failed_at, x.changed_at
FROM unnest(:event_ids::text[], :lane_ids::text[], :sequences::bigint[], :subjects::text[], :types::text[],
            :headers::text[], :payloads::bytea[], :errors::text[], :attempts::bigint[], :unended::bigint[],
            :states::text[], :next_attempts::bigint[], :first_failures::bigint[], :changes::bigint[])
  AS x (event_id, lane_id, sequence, subject, type, headers, payload, error, attempts, unended, state,
        next_attempt_at, first_failed_at, changed_at)
ORDER BY x.event_id
ON CONFLICT (consumer, event_id) DO NOTHING

-- name: InsertLetters [sqlite]
INSERT INTO inbox_letter (consumer, event_id, lane_id, sequence, subject, type, headers, payload, error,
                          attempts, unended, state, next_attempt_at, first_failed_at, changed_at)
VALUES (:consumer, :event_ids, :lane_ids, :sequences, :subjects, :types, :headers, :payloads, :errors,
        :attempts, :unended, :states, :next_attempts, :first_failures, :changes)
ON CONFLICT (consumer, event_id) DO NOTHING

-- Served by inbox_letter_state.
-- name: CountLetters
SELECT state, COUNT(*) FROM inbox_letter WHERE consumer = :consumer GROUP BY state

-- Letters are counted in inbox_letter_state alone, and never many of them.
-- name: ReadShortfall
SELECT (SELECT COUNT(*) FROM (SELECT 1 FROM inbox_letter WHERE consumer = :consumer AND state = 'retrying'
                              LIMIT :letters_max) AS retrying),
       (SELECT COUNT(*) FROM (SELECT 1 FROM inbox_letter WHERE consumer = :consumer AND state = 'dead'
                              LIMIT :letters_max) AS dead),
       COALESCE(c.missing_events, 0), COALESCE(c.parked_events, 0), c.compared_all_at
FROM (SELECT CAST(:consumer AS text) AS consumer) AS wanted
LEFT JOIN inbox_consumer AS c ON c.consumer = wanted.consumer

-- Served by inbox_letter_state, in its order.
-- name: ListDueLetters
SELECT event_id, CAST(lane_id AS text), sequence, subject, type, headers, payload, error, attempts, unended,
       state, next_attempt_at, first_failed_at, changed_at
FROM inbox_letter
WHERE consumer = :consumer AND state = 'retrying' AND next_attempt_at <= :now
ORDER BY next_attempt_at
LIMIT :row_limit

-- name: LockLetter [postgresql]
SELECT 1 FROM inbox_letter
WHERE consumer = :consumer AND event_id = :event_id AND state = 'retrying' AND next_attempt_at = :next_attempt
FOR UPDATE

-- name: LockLetter [sqlite]
SELECT 1 FROM inbox_letter
WHERE consumer = :consumer AND event_id = :event_id AND state = 'retrying' AND next_attempt_at = :next_attempt

-- name: DeleteLetter
DELETE FROM inbox_letter WHERE consumer = :consumer AND event_id = :event_id

-- Only if nobody else counted an attempt or changed its state or time meanwhile.
-- name: UpdateLetter
UPDATE inbox_letter
SET error = :error, attempts = :attempts, unended = :unended, state = :state, next_attempt_at = :next_attempt,
    changed_at = :changed
WHERE consumer = :consumer AND event_id = :event_id AND state = 'retrying'
  AND attempts = :attempts_seen AND next_attempt_at = :next_attempt_seen

-- There is a row for every lane, heard of or not: a finding may come before the first event.
-- name: FindCoverage
SELECT COALESCE(l.applied_through, 0), COALESCE(l.ranges, ''), x.state,
       (SELECT m.verdict FROM inbox_missing AS m
        WHERE m.consumer = :consumer AND m.lane_id = CAST(:lane_id AS uuid) AND m.first_sequence <= :sequence
          AND m.last_sequence >= :sequence
        ORDER BY m.first_sequence DESC LIMIT 1),
       (SELECT s.first_sequence FROM inbox_skipped AS s
        WHERE s.consumer = :consumer AND s.lane_id = CAST(:lane_id AS uuid) AND s.first_sequence <= :sequence
          AND s.last_sequence >= :sequence
        ORDER BY s.first_sequence DESC LIMIT 1)
FROM (SELECT CAST(:lane_id AS uuid) AS lane_id) AS wanted
LEFT JOIN inbox_lane l ON l.consumer = :consumer AND l.lane_id = wanted.lane_id
LEFT JOIN inbox_letter x ON x.consumer = :consumer AND x.event_id = :event_id
