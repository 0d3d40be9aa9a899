-- name: FindNote
SELECT CAST(lane_id AS text), sequence FROM note WHERE key = :key

-- name: InsertNote
INSERT INTO note (key, size, lane_id, sequence) VALUES (:key, :size, CAST(:lane_id AS uuid), :sequence)
ON CONFLICT DO NOTHING

-- name: CountNotes
SELECT count(*) FROM note

-- name: NotesWithoutTheirEvent
SELECT count(*) FROM note LEFT JOIN outbox_event AS event
  ON event.lane_id = note.lane_id AND event.sequence = note.sequence AND event.subject = note.key
WHERE event.lane_id IS NULL

-- name: ListLanes
SELECT CAST(lane.lane_id AS text), state, final_sequence, (SELECT count(*) FROM outbox_event AS e WHERE e.lane_id = lane.lane_id),
       (SELECT COALESCE(max(sequence), 0) FROM outbox_event AS e WHERE e.lane_id = lane.lane_id)
FROM outbox_lane AS lane ORDER BY opened_at, lane.lane_id

-- name: CountEvents
SELECT count(*) FROM outbox_event

-- name: CountLeases
SELECT count(*) FROM outbox_lease

-- name: FindLease
SELECT holder, expires_at FROM outbox_lease WHERE lane_id = CAST(:lane_id AS uuid)

-- name: FindParked
SELECT sequence, state, attempts, payload FROM outbox_parked ORDER BY lane_id, sequence

-- name: CountParked
SELECT count(*) FROM outbox_parked

-- name: GiveUpParked
UPDATE outbox_parked SET state = 'void'

-- name: Trim
DELETE FROM outbox_event WHERE lane_id = CAST(:lane_id AS uuid) AND sequence <= :through

-- name: SetTrimmed
UPDATE outbox_cursor SET trimmed_through = :through WHERE lane_id = CAST(:lane_id AS uuid)

-- name: DeleteEventsFrom
DELETE FROM outbox_event WHERE lane_id = CAST(:lane_id AS uuid) AND sequence >= :first

-- name: NoSuchTable
SELECT count(*) FROM no_such_table

-- name: CountLockWaits [postgresql]
SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'

-- name: CountLockWaits [sqlite]
SELECT 0

-- name: HeadByMaxAlone
SELECT COALESCE(max(sequence), 0) FROM outbox_event WHERE lane_id = CAST(:lane_id AS uuid)

-- name: LockAndReadHead [postgresql]
-- How closing must not be done.
SELECT state, COALESCE((SELECT max(sequence) FROM outbox_event WHERE lane_id = CAST(:lane_id AS uuid)), 0)
FROM outbox_lane WHERE lane_id = CAST(:lane_id AS uuid) FOR UPDATE

-- name: LockAndReadHead [sqlite]
SELECT 'none', 0

-- name: FenceForKeyShare [postgresql]
-- How a batch must not fence its lane.
SELECT state FROM outbox_lane WHERE lane_id = CAST(:lane_id AS uuid) FOR KEY SHARE

-- name: FenceForKeyShare [sqlite]
SELECT 'none'

-- name: CloseWithoutLocking
UPDATE outbox_lane SET state = 'closed', final_sequence = 0, closed_at = 0 WHERE lane_id = CAST(:lane_id AS uuid)

-- name: HideLanes
ALTER TABLE outbox_lane RENAME TO outbox_lane_hidden

-- name: LoseNewLanes [postgresql]
CREATE RULE lose_new_lanes AS ON INSERT TO outbox_lane
  DO ALSO UPDATE outbox_lane SET state = 'closed', final_sequence = 0 WHERE lane_id = NEW.lane_id

-- name: LoseNewLanes [sqlite]
CREATE TRIGGER lose_new_lanes AFTER INSERT ON outbox_lane
BEGIN UPDATE outbox_lane SET state = 'closed', final_sequence = 0 WHERE lane_id = NEW.lane_id; END
