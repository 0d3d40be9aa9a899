-- The statements of ParkedStore; served by outbox_parked_pkey unless they say otherwise.

-- fragment: ParkedColumns
CAST(lane_id AS text), sequence, subject, type, headers, length(payload), record_time, error, attempts,
CASE WHEN attempt_open = 1 THEN 1 ELSE outcome_unknown END, state, reason, changed_by, changed_at

-- name: ListParked
-- Walks outbox_parked_changed. The running sum ends a page with payloads before it outgrows memory.
SELECT {{ParkedColumns}}, CASE WHEN CAST(:with_payload AS bigint) = 1 THEN payload END
FROM (SELECT wanted.*, sum(length(payload)) OVER (ORDER BY changed_at DESC, lane_id DESC, sequence DESC)
               - length(payload) AS bytes_before
      FROM (SELECT * FROM outbox_parked
            WHERE (changed_at, lane_id, sequence) < (:after_time, CAST(:after_lane AS uuid), :after_sequence)
              AND (CAST(:lane_id AS uuid) IS NULL OR lane_id = CAST(:lane_id AS uuid))
              AND (:state = '' OR state = :state) AND (:type = '' OR type = :type)
            ORDER BY changed_at DESC, lane_id DESC, sequence DESC LIMIT :count_max) AS wanted) AS counted
WHERE CAST(:with_payload AS bigint) = 0 OR bytes_before < :bytes_max
ORDER BY changed_at DESC, lane_id DESC, sequence DESC

-- name: LockParked [postgresql]
SELECT CAST(lane_id AS text), sequence, state, CASE WHEN attempt_open = 1 THEN 1 ELSE outcome_unknown END
FROM outbox_parked
WHERE (lane_id, sequence) IN (SELECT CAST(key.lane_id AS uuid), key.sequence
                              FROM unnest(:lane_id::text[], :sequence::bigint[]) AS key (lane_id, sequence))
ORDER BY lane_id, sequence
FOR UPDATE

-- name: LockParked [sqlite]
SELECT lane_id, sequence, state, CASE WHEN attempt_open = 1 THEN 1 ELSE outcome_unknown END
FROM outbox_parked WHERE lane_id = :lane_id AND sequence = :sequence

-- name: MakeDue [postgresql]
UPDATE outbox_parked AS parked SET retry_at = :now, refusals_left = :refusals_max
FROM unnest(:lane_id::text[], :sequence::bigint[]) AS key (lane_id, sequence)
WHERE parked.lane_id = CAST(key.lane_id AS uuid) AND parked.sequence = key.sequence AND parked.retry_at IS NULL

-- name: MakeDue [sqlite]
UPDATE outbox_parked SET retry_at = :now, refusals_left = :refusals_max
WHERE lane_id = :lane_id AND sequence = :sequence AND retry_at IS NULL

-- name: Discard [postgresql]
UPDATE outbox_parked AS parked
SET state = 'void', reason = :reason, changed_by = :by, changed_at = :now, retry_at = NULL, refusals_left = 0
FROM unnest(:lane_id::text[], :sequence::bigint[]) AS key (lane_id, sequence)
WHERE parked.lane_id = CAST(key.lane_id AS uuid) AND parked.sequence = key.sequence AND parked.state = 'parked'

-- name: Discard [sqlite]
UPDATE outbox_parked
SET state = 'void', reason = :reason, changed_by = :by, changed_at = :now, retry_at = NULL, refusals_left = 0
WHERE lane_id = :lane_id AND sequence = :sequence AND state = 'parked'

-- name: FindDue
-- Served by outbox_parked_retry.
SELECT 1 FROM outbox_parked WHERE retry_at <= :now LIMIT 1

-- fragment: OpenAttempt
UPDATE outbox_parked
SET outcome_unknown = CASE WHEN attempt_open = 1 THEN 1 ELSE outcome_unknown END, attempt_open = 1, retry_at = :claimed_until
WHERE (lane_id, sequence) =

-- name: ClaimDue [postgresql]
-- Served by outbox_parked_retry. One that another instance claims right now is passed over.
{{OpenAttempt}}
  (SELECT lane_id, sequence FROM outbox_parked WHERE retry_at <= :now ORDER BY retry_at LIMIT 1 FOR UPDATE SKIP LOCKED)
RETURNING {{ParkedColumns}}, payload

-- name: ClaimDue [sqlite]
{{OpenAttempt}}
  (SELECT lane_id, sequence FROM outbox_parked WHERE retry_at <= :now ORDER BY retry_at LIMIT 1)
RETURNING {{ParkedColumns}}, payload

-- name: DeleteParked
DELETE FROM outbox_parked WHERE lane_id = CAST(:lane_id AS uuid) AND sequence = :sequence AND state = 'parked'

-- name: CountRefusal
UPDATE outbox_parked
SET attempts = attempts + 1, error = :error, attempt_open = 0, refusals_left = refusals_left - 1,
    retry_at = CASE WHEN refusals_left > 1 THEN CAST(:retry_at AS bigint) END
WHERE lane_id = CAST(:lane_id AS uuid) AND sequence = :sequence AND state = 'parked' AND attempt_open = 1

-- name: CloseAttempt
UPDATE outbox_parked
SET attempt_open = 0, retry_at = :retry_at,
    outcome_unknown = CASE WHEN CAST(:may_be_stored AS bigint) = 1 THEN 1 ELSE outcome_unknown END
WHERE lane_id = CAST(:lane_id AS uuid) AND sequence = :sequence AND state = 'parked' AND attempt_open = 1
