-- The statements of LetterDesk. Every list is narrowed by what it walks past, too.

-- fragment: LetterColumns
event_id, CAST(lane_id AS text), sequence, subject, type, headers, error, attempts, state, next_attempt_at,
first_failed_at, changed_at, length(payload), reason, changed_by

-- Texts stand here escaped, and so do what is compared with them.
-- fragment: Passes
first_failed_at >= :start_time AND (:type = '' OR type = :type) AND (:error = '' OR replace(error, :error, '') <> error)

-- fragment: Page
AND (first_failed_at, event_id) < (:after_time, :after_id) AND {{Passes}}
            ORDER BY first_failed_at DESC, event_id DESC LIMIT :count_max) AS wanted) AS counted
WHERE CAST(:with_payload AS bigint) = 0 OR bytes_before < :bytes_max
ORDER BY first_failed_at DESC, event_id DESC

-- The running sum ends a page with payloads before it outgrows memory.
-- fragment: LettersFrom
SELECT {{LetterColumns}}, CASE WHEN CAST(:with_payload AS bigint) = 1 THEN payload END
FROM (SELECT wanted.*, sum(length(payload) + length(headers)) OVER (ORDER BY first_failed_at DESC, event_id DESC)
               - length(payload) - length(headers) AS bytes_before

-- name: ListLetters
-- Walks inbox_letter_time.
{{LettersFrom}}
      FROM (SELECT * FROM inbox_letter
            WHERE consumer = :consumer {{Page}}

-- name: ListLettersOfState
-- Walks inbox_letter_state_time.
{{LettersFrom}}
      FROM (SELECT * FROM inbox_letter
            WHERE consumer = :consumer AND state = :state {{Page}}

-- name: ListLettersOfLane
-- Walks inbox_letter_lane_time.
{{LettersFrom}}
      FROM (SELECT * FROM inbox_letter
            WHERE consumer = :consumer AND lane_id = CAST(:lane_id AS uuid) AND (:state = '' OR state = :state) {{Page}}

-- name: SelectOpenLetters
-- For changes of up to 10,000: reads all retrying and dead letters by inbox_letter_state_time.
SELECT event_id, error FROM inbox_letter
WHERE consumer = :consumer AND state IN ('retrying', 'dead') AND (:state = '' OR state = :state)
  AND first_failed_at < :end_time AND {{Passes}}
  AND (CAST(:lane_id AS uuid) IS NULL OR lane_id = CAST(:lane_id AS uuid))
  AND (state = 'dead' OR next_attempt_at > :not_due_at)
ORDER BY changed_at, event_id
LIMIT :letters_max

-- name: CountRetrying
-- Served by inbox_letter_state, and no more of it than need be.
SELECT count(*) FROM (SELECT 1 FROM inbox_letter WHERE consumer = :consumer AND state = 'retrying' LIMIT :count_max) AS retrying

-- name: LockLetters [postgresql]
SELECT event_id, state FROM inbox_letter
WHERE consumer = :consumer AND event_id = ANY (:event_ids::text[])
ORDER BY event_id
FOR UPDATE

-- name: LockLetters [sqlite]
SELECT event_id, state FROM inbox_letter WHERE consumer = :consumer AND event_id = :event_ids

-- name: RedriveLetters [postgresql]
UPDATE inbox_letter SET state = 'retrying', next_attempt_at = :now, unended = 0, changed_at = :now
WHERE consumer = :consumer AND event_id = ANY (:event_ids::text[])
  AND (state = 'dead' OR state = 'retrying' AND next_attempt_at > :now)

-- name: RedriveLetters [sqlite]
UPDATE inbox_letter SET state = 'retrying', next_attempt_at = :now, unended = 0, changed_at = :now
WHERE consumer = :consumer AND event_id = :event_ids
  AND (state = 'dead' OR state = 'retrying' AND next_attempt_at > :now)

-- name: DiscardLetters [postgresql]
UPDATE inbox_letter SET state = 'discarded', reason = :reason, changed_by = :by, changed_at = :now
WHERE consumer = :consumer AND event_id = ANY (:event_ids::text[]) AND state <> 'discarded'

-- name: DiscardLetters [sqlite]
UPDATE inbox_letter SET state = 'discarded', reason = :reason, changed_by = :by, changed_at = :now
WHERE consumer = :consumer AND event_id = :event_ids AND state <> 'discarded'
