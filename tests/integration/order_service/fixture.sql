-- name: FindEvent
SELECT type, headers, payload FROM outbox_event WHERE lane_id = CAST(:lane_id AS uuid) AND sequence = :sequence

-- name: CountEvents
SELECT COUNT(*) FROM outbox_event

-- name: CountCancellationEvents
SELECT COUNT(*) FROM outbox_event WHERE type = 'tally.events.v1.OrderCancelled'

-- name: Analyze
ANALYZE orders

-- name: ListPayloads
SELECT payload FROM outbox_event ORDER BY lane_id, sequence

-- name: ListLanes
SELECT CAST(lane_id AS text) FROM outbox_lane ORDER BY lane_id
