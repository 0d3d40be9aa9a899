-- The statements of EventEraser. All served by the primary keys of outbox_event and outbox_parked.

-- name: FindEventsToErase [postgresql]
-- Locked in key order; nobody else but Trimmer locks rows of this table.
SELECT CAST(event.lane_id AS text), event.sequence, event.type, event.payload
FROM unnest(:lane_id::text[], :sequence::bigint[]) AS wanted (lane_id, sequence)
JOIN outbox_event AS event ON event.lane_id = CAST(wanted.lane_id AS uuid) AND event.sequence = wanted.sequence
ORDER BY event.lane_id, event.sequence
FOR UPDATE OF event

-- name: FindEventsToErase [sqlite]
SELECT lane_id, sequence, type, payload FROM outbox_event WHERE lane_id = :lane_id AND sequence = :sequence

-- name: ReplaceEvents [postgresql]
UPDATE outbox_event AS event SET payload = erased.payload
FROM unnest(:lane_id::text[], :sequence::bigint[], :payload::bytea[]) AS erased (lane_id, sequence, payload)
WHERE event.lane_id = CAST(erased.lane_id AS uuid) AND event.sequence = erased.sequence

-- name: ReplaceEvents [sqlite]
UPDATE outbox_event SET payload = :payload WHERE lane_id = :lane_id AND sequence = :sequence

-- name: FindParkedToErase [postgresql]
SELECT CAST(event.lane_id AS text), event.sequence, event.type, event.payload
FROM unnest(:lane_id::text[], :sequence::bigint[]) AS wanted (lane_id, sequence)
JOIN outbox_parked AS event ON event.lane_id = CAST(wanted.lane_id AS uuid) AND event.sequence = wanted.sequence
ORDER BY event.lane_id, event.sequence
FOR UPDATE OF event

-- name: FindParkedToErase [sqlite]
SELECT lane_id, sequence, type, payload FROM outbox_parked WHERE lane_id = :lane_id AND sequence = :sequence

-- name: ReplaceParked [postgresql]
UPDATE outbox_parked AS event SET payload = erased.payload
FROM unnest(:lane_id::text[], :sequence::bigint[], :payload::bytea[]) AS erased (lane_id, sequence, payload)
WHERE event.lane_id = CAST(erased.lane_id AS uuid) AND event.sequence = erased.sequence

-- name: ReplaceParked [sqlite]
UPDATE outbox_parked SET payload = :payload WHERE lane_id = :lane_id AND sequence = :sequence
