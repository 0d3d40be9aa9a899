-- What consumers ask for; see LaneReader.

-- name: ListExtents
-- Walks outbox_lane_pkey; of each lane it takes one row of the cursor, and of an open one the end of outbox_event_pkey.
SELECT CAST(lane.lane_id AS text), lane.state,
       COALESCE(lane.final_sequence,
                (SELECT max(event.sequence) FROM outbox_event AS event WHERE event.lane_id = lane.lane_id),
                cursor_of.trimmed_through),
       cursor_of.published_through, cursor_of.trimmed_through
FROM outbox_lane AS lane JOIN outbox_cursor AS cursor_of ON cursor_of.lane_id = lane.lane_id
WHERE lane.lane_id > CAST(:after AS uuid)
  AND (CAST(:every_lane AS bigint) = 1 OR lane.state = 'open' OR lane.final_sequence > cursor_of.trimmed_through)
ORDER BY lane.lane_id
LIMIT :lanes_max

-- name: ListParkedIn
-- Served by outbox_parked_pkey.
SELECT sequence, state, reason FROM outbox_parked
WHERE lane_id = CAST(:lane_id AS uuid) AND sequence BETWEEN :first AND :last
ORDER BY sequence
LIMIT :rows_max
