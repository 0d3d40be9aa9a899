-- name: FindEvent
SELECT type, headers, payload FROM outbox_event WHERE lane_id = CAST(:lane_id AS uuid) AND sequence = :sequence
