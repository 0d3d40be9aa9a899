-- The statements of Trimmer.

-- name: ListRipeLanes
-- One row for each lane with published rows that are old enough, judged by the first of them. Reads outbox_cursor, a row for
-- each lane there ever was, and of outbox_event one entry of its primary key for each lane that has rows left.
SELECT CAST(lane.lane_id AS text)
FROM outbox_cursor AS lane
JOIN outbox_event AS event ON event.lane_id = lane.lane_id AND event.sequence = lane.trimmed_through + 1
WHERE lane.trimmed_through < lane.published_through AND event.record_time < :cutoff
ORDER BY lane.lane_id
LIMIT :lanes_max

-- name: LockCursorToTrim [postgresql]
-- One that another instance trims, or the relay raises, is passed over. Served by outbox_cursor_pkey.
SELECT published_through, trimmed_through FROM outbox_cursor WHERE lane_id = CAST(:lane_id AS uuid) FOR UPDATE SKIP LOCKED

-- name: LockCursorToTrim [sqlite]
SELECT published_through, trimmed_through FROM outbox_cursor WHERE lane_id = :lane_id

-- name: FindTrimmable
-- The first that is too young, and the last there is. Served by outbox_event_pkey, as is the next.
SELECT min(CASE WHEN record_time >= :cutoff THEN sequence END), max(sequence) FROM outbox_event
WHERE lane_id = CAST(:lane_id AS uuid) AND sequence BETWEEN :first AND :last

-- name: TrimEvents
-- Begins where the last step ended: it never walks over what that left behind.
DELETE FROM outbox_event WHERE lane_id = CAST(:lane_id AS uuid) AND sequence BETWEEN :first AND :last

-- name: RaiseTrimmed
UPDATE outbox_cursor SET trimmed_through = :last WHERE lane_id = CAST(:lane_id AS uuid)

-- name: FindOldestEvent
-- As ListRipeLanes.
SELECT min(event.record_time)
FROM outbox_cursor AS lane
JOIN outbox_event AS event ON event.lane_id = lane.lane_id AND event.sequence = lane.trimmed_through + 1
