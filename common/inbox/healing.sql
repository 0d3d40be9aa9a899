-- The statements of HealingStore. Every one is served by the primary key of its table unless it says otherwise.

-- name: TakeHealLease
UPDATE inbox_consumer SET heal_holder = :holder, heal_expires_at = :expires_at
WHERE consumer = :consumer
  AND (heal_holder = :holder OR heal_expires_at < :now OR CAST(:sole_process AS bigint) = 1)

-- Before any change of inbox_missing, so that what is added up is what is there; after the locks of lanes.
-- name: LockHealing [postgresql]
SELECT 1 FROM inbox_consumer WHERE consumer = :consumer FOR UPDATE

-- name: LockHealing [sqlite]
SELECT 1 FROM inbox_consumer WHERE consumer = :consumer

-- name: FindHealHolder
SELECT heal_holder FROM inbox_consumer WHERE consumer = :consumer

-- name: ReleaseHealLease
UPDATE inbox_consumer SET heal_expires_at = 0 WHERE consumer = :consumer AND heal_holder = :holder

-- name: InsertSource
INSERT INTO inbox_source (consumer, source, identity, first_seen_at, last_answer_at)
VALUES (:consumer, :source, :identity, :now, :now)
ON CONFLICT (consumer, source) DO UPDATE SET last_answer_at = :now, other_identity = '', other_answer_at = 0
WHERE inbox_source.identity = excluded.identity

-- name: NoteOtherIdentity
UPDATE inbox_source SET other_identity = :identity, other_answer_at = :now WHERE consumer = :consumer AND source = :source

-- name: AdoptIdentity
UPDATE inbox_source SET identity = :identity, last_answer_at = other_answer_at, other_identity = '', other_answer_at = 0,
  reason = :reason, changed_by = :changed_by, changed_at = :now
WHERE consumer = :consumer AND source = :source AND other_identity = :identity

-- name: ListSources
SELECT source, identity, last_answer_at, other_identity, other_answer_at FROM inbox_source
WHERE consumer = :consumer ORDER BY source

-- Reads all lanes of the consumer.
-- name: ReadCoveredOfSource
SELECT CAST(lane_id AS text), applied_through, ranges FROM inbox_lane
WHERE consumer = :consumer AND source = :source

-- name: UpsertExtents [postgresql]
INSERT INTO inbox_extent (consumer, lane_id, published_through)
SELECT :consumer, l.lane_id::uuid, l.published_through
FROM unnest(:lane_ids::text[], :published_through::bigint[]) AS l (lane_id, published_through)
ORDER BY l.lane_id
ON CONFLICT (consumer, lane_id) DO UPDATE SET published_through = excluded.published_through

-- name: UpsertExtents [sqlite]
INSERT INTO inbox_extent (consumer, lane_id, published_through)
VALUES (:consumer, :lane_ids, :published_through)
ON CONFLICT (consumer, lane_id) DO UPDATE SET published_through = excluded.published_through

-- Served by inbox_missing's primary key, in its order; filters narrow along it.
-- name: ListFindings
SELECT CAST(lane_id AS text), first_sequence, last_sequence, source, verdict, covered, noticed_at
FROM inbox_missing
WHERE consumer = :consumer
  AND (lane_id > CAST(:after_lane AS uuid)
       OR (lane_id = CAST(:after_lane AS uuid) AND first_sequence > :after_sequence))
  AND (CAST(:source AS text) = '' OR source = :source)
  AND (CAST(:only_lane AS text) = '' OR CAST(lane_id AS text) = :only_lane)
  AND (CAST(:verdict AS text) = '' OR verdict = :verdict)
ORDER BY lane_id, first_sequence
LIMIT :row_limit

-- name: ListFindingsIn [postgresql]
SELECT CAST(lane_id AS text), first_sequence, last_sequence, source, verdict, covered, noticed_at
FROM inbox_missing
WHERE consumer = :consumer AND lane_id = ANY (:lane_ids::text[]::uuid[])
ORDER BY lane_id, first_sequence

-- name: ListFindingsIn [sqlite]
SELECT lane_id, first_sequence, last_sequence, source, verdict, covered, noticed_at
FROM inbox_missing
WHERE consumer = :consumer AND lane_id = :lane_ids
ORDER BY first_sequence

-- Walks the consumer's rows: they are few, or something is very wrong.
-- name: DeleteFindingsOfSource
DELETE FROM inbox_missing WHERE consumer = :consumer AND source = :source

-- name: DeleteFindingsOfLane
DELETE FROM inbox_missing WHERE consumer = :consumer AND lane_id = CAST(:lane_id AS uuid)

-- name: InsertFindings [postgresql]
INSERT INTO inbox_missing (consumer, lane_id, first_sequence, last_sequence, source, verdict, covered, noticed_at)
SELECT :consumer, f.lane_id::uuid, f.first_sequence, f.last_sequence, f.source, f.verdict, f.covered, f.noticed_at
FROM unnest(:lane_ids::text[], :firsts::bigint[], :lasts::bigint[], :sources::text[], :verdicts::text[],
            :covered::bigint[], :noticed::bigint[])
  AS f (lane_id, first_sequence, last_sequence, source, verdict, covered, noticed_at)
ON CONFLICT (consumer, lane_id, first_sequence) DO NOTHING

-- name: InsertFindings [sqlite]
INSERT INTO inbox_missing (consumer, lane_id, first_sequence, last_sequence, source, verdict, covered, noticed_at)
VALUES (:consumer, :lane_ids, :firsts, :lasts, :sources, :verdicts, :covered, :noticed)
ON CONFLICT (consumer, lane_id, first_sequence) DO NOTHING

-- Adds up the consumer's rows, in the transaction that changed them.
-- name: CountFindings
UPDATE inbox_consumer SET
  missing_events = (SELECT CAST(COALESCE(SUM(last_sequence - first_sequence + 1), 0) AS bigint) FROM inbox_missing AS m
                    WHERE m.consumer = :consumer AND m.verdict <> 'parked' AND m.covered = 0),
  parked_events = (SELECT CAST(COALESCE(SUM(last_sequence - first_sequence + 1), 0) AS bigint) FROM inbox_missing AS m
                   WHERE m.consumer = :consumer AND m.verdict = 'parked')
WHERE consumer = :consumer

-- name: SetCompared
UPDATE inbox_consumer SET
  compared_at = :now,
  compared_all_at = CASE WHEN CAST(:all_lanes AS bigint) = 1 THEN :now ELSE compared_all_at END
WHERE consumer = :consumer AND heal_holder = :holder

-- name: FindHealing
SELECT missing_events, parked_events, compared_at, compared_all_at FROM inbox_consumer WHERE consumer = :consumer

-- name: InsertSkipped
INSERT INTO inbox_skipped (consumer, lane_id, first_sequence, last_sequence, verdict, reason, changed_by, changed_at)
VALUES (:consumer, CAST(:lane_id AS uuid), :first, :last, :verdict, :reason, :changed_by, :now)
ON CONFLICT (consumer, lane_id, first_sequence) DO NOTHING

-- name: InsertAccepted
INSERT INTO inbox_accepted (consumer, lane_id, first_sequence, last_sequence, reason, changed_by, changed_at)
VALUES (:consumer, CAST(:lane_id AS uuid), :first, :last, :reason, :changed_by, :now)
ON CONFLICT (consumer, lane_id, first_sequence) DO NOTHING

-- Walks the consumer's rows: they are as few as disasters.
-- name: ListAccepted
SELECT CAST(lane_id AS text), first_sequence, last_sequence FROM inbox_accepted WHERE consumer = :consumer
