-- The statements of LaneCatalog.

-- fragment: Head
COALESCE(lane.final_sequence,
         (SELECT max(sequence) FROM outbox_event AS event WHERE event.lane_id = lane.lane_id), cursor_of.trimmed_through)

-- fragment: LaneColumns
CAST(lane.lane_id AS text) AS id, lane.state, lane.stream, {{Head}} AS head, cursor_of.published_through,
cursor_of.trimmed_through, lane.opened_by, lane.opened_at, lane.closed_at, lease.holder, lease.expires_at,
(SELECT count(*) FROM outbox_parked AS parked WHERE parked.lane_id = lane.lane_id AND parked.state = 'parked') AS parked,
(SELECT count(*) FROM outbox_parked AS parked WHERE parked.lane_id = lane.lane_id AND parked.state = 'void') AS void

-- name: ListLanes
-- Walks outbox_lane_opened; open lanes, which it may have to pass over, are few.
SELECT {{LaneColumns}}
FROM outbox_lane AS lane
JOIN outbox_cursor AS cursor_of ON cursor_of.lane_id = lane.lane_id
LEFT JOIN outbox_lease AS lease ON lease.lane_id = lane.lane_id
WHERE (lane.opened_at, lane.lane_id) < (:after_time, CAST(:after_lane AS uuid)) AND (:state = '' OR lane.state = :state)
ORDER BY lane.opened_at DESC, lane.lane_id DESC
LIMIT :lanes_max

-- name: ListLanesById
-- Walks outbox_lane_pkey; so does all it asks of each lane.
SELECT {{LaneColumns}}
FROM outbox_lane AS lane
JOIN outbox_cursor AS cursor_of ON cursor_of.lane_id = lane.lane_id
LEFT JOIN outbox_lease AS lease ON lease.lane_id = lane.lane_id
WHERE lane.lane_id > CAST(:after_lane AS uuid) AND lane.lane_id <= CAST(:through_lane AS uuid)
ORDER BY lane.lane_id
LIMIT :lanes_max

-- name: ListHeldLanes
-- Lanes that are open or not published: reads all of outbox_lease, which holds no others.
SELECT * FROM (
  SELECT {{LaneColumns}}
  FROM outbox_lease AS lease
  JOIN outbox_lane AS lane ON lane.lane_id = lease.lane_id
  JOIN outbox_cursor AS cursor_of ON cursor_of.lane_id = lease.lane_id
  WHERE (lane.opened_at, lane.lane_id) < (:after_time, CAST(:after_lane AS uuid)) AND (:state = '' OR lane.state = :state))
  AS held
WHERE CAST(:unpublished_only AS bigint) = 0 OR head > published_through
ORDER BY opened_at DESC, id DESC
LIMIT :lanes_max

-- name: SummarizeLanes
-- Reads all of outbox_lease, and the first unpublished event of each lane by outbox_event_pkey.
SELECT count(CASE WHEN state = 'open' THEN 1 END),
       count(CASE WHEN state = 'closed' AND head > published_through THEN 1 END),
       CAST(COALESCE(sum(head - published_through), 0) AS bigint), min(oldest),
       count(CASE WHEN expires_at < :now THEN 1 END), min(CASE WHEN expires_at < :now THEN expires_at END)
FROM (SELECT lane.state, {{Head}} AS head, cursor_of.published_through, lease.expires_at,
             (SELECT record_time FROM outbox_event AS event
              WHERE event.lane_id = lane.lane_id AND event.sequence = cursor_of.published_through + 1) AS oldest
      FROM outbox_lease AS lease
      JOIN outbox_lane AS lane ON lane.lane_id = lease.lane_id
      JOIN outbox_cursor AS cursor_of ON cursor_of.lane_id = lease.lane_id) AS held

-- name: SummarizeParked
-- Reads the whole table, which is small unless something is very wrong.
SELECT count(CASE WHEN state = 'parked' THEN 1 END), min(CASE WHEN state = 'parked' THEN changed_at END),
       count(CASE WHEN state = 'void' THEN 1 END)
FROM outbox_parked
