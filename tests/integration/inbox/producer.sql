-- name: TrimEvents
DELETE FROM outbox_event WHERE lane_id = CAST(:lane_id AS uuid) AND sequence <= :through

-- name: SetTrimmed
UPDATE outbox_cursor SET trimmed_through = :through WHERE lane_id = CAST(:lane_id AS uuid)

-- name: GiveUpParked
UPDATE outbox_parked SET state = 'void', reason = 'no use'

-- name: LoseEventsAbove
DELETE FROM outbox_event WHERE lane_id = CAST(:lane_id AS uuid) AND sequence > :through

-- name: SetPublished
UPDATE outbox_cursor SET published_through = :through WHERE lane_id = CAST(:lane_id AS uuid)

-- name: LoseLane
DELETE FROM outbox_lane WHERE lane_id = CAST(:lane_id AS uuid)

-- name: ChangeIdentity
UPDATE database_identity SET identity = '018f0000-0000-7000-8000-00000000dada'
