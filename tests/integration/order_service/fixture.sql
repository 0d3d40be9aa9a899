-- name: FindEvent
SELECT type, headers, payload FROM outbox_event WHERE lane_id = CAST(:lane_id AS uuid) AND sequence = :sequence

-- name: CountEvents
SELECT COUNT(*) FROM outbox_event

-- name: CountCancellationEvents
SELECT COUNT(*) FROM outbox_event WHERE type = 'tally.events.v1.OrderCancelled'

-- name: Analyze
ANALYZE orders

-- Of the transaction under way. Only PostgreSQL is asked.
-- name: CountScans
SELECT seq_scan FROM pg_stat_xact_user_tables WHERE relname = 'orders'

-- name: ListPayloads
SELECT payload FROM outbox_event ORDER BY lane_id, sequence

-- name: ListLanes
SELECT CAST(lane_id AS text) FROM outbox_lane ORDER BY lane_id
