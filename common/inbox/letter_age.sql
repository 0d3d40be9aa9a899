-- What ends with time or on request: the statements of LetterExpiry and LetterEraser.

-- name: ExpireLetters [postgresql]
-- Served by inbox_letter_age. The row stays: its event is covered and not counted, for ever. Materialized: within IN the
-- limit would hold for each time the planner runs the query.
WITH due AS MATERIALIZED (
  SELECT event_id FROM inbox_letter
  WHERE consumer = :consumer AND erased = 0 AND state IN ('dead', 'discarded') AND changed_at < :cutoff
  ORDER BY changed_at LIMIT :letters_max FOR UPDATE SKIP LOCKED)
UPDATE inbox_letter AS letter SET headers = '', payload = '', erased = 1,
  reason = CASE WHEN state = 'dead' THEN :reason ELSE reason END,
  changed_by = CASE WHEN state = 'dead' THEN 'retention' ELSE changed_by END,
  state = 'discarded', changed_at = :now
FROM due WHERE letter.consumer = :consumer AND letter.event_id = due.event_id

-- name: ExpireLetters [sqlite]
UPDATE inbox_letter SET headers = '', payload = x'', erased = 1,
  reason = CASE WHEN state = 'dead' THEN :reason ELSE reason END,
  changed_by = CASE WHEN state = 'dead' THEN 'retention' ELSE changed_by END,
  state = 'discarded', changed_at = :now
WHERE consumer = :consumer AND event_id IN (
  SELECT event_id FROM inbox_letter
  WHERE consumer = :consumer AND erased = 0 AND state IN ('dead', 'discarded') AND changed_at < :cutoff
  ORDER BY changed_at LIMIT :letters_max)

-- name: FindPageEnd
-- Served by inbox_letter_pkey, as the next two. Where a page of letters ends; NULL: there are no more.
SELECT max(event_id) FROM (
  SELECT event_id FROM inbox_letter WHERE consumer = :consumer AND event_id > :after ORDER BY event_id LIMIT :letters_max) AS page

-- name: FindLettersWith [postgresql]
-- Those of a page whose payload holds these bytes: a name stands in protobuf as it is.
SELECT event_id, type, payload FROM inbox_letter
WHERE consumer = :consumer AND event_id > :after AND event_id <= :last AND position(CAST(:person AS bytea) IN payload) > 0
ORDER BY event_id
FOR UPDATE

-- name: FindLettersWith [sqlite]
SELECT event_id, type, payload FROM inbox_letter
WHERE consumer = :consumer AND event_id > :after AND event_id <= :last AND instr(payload, :person) > 0
ORDER BY event_id

-- name: ReplaceLetterPayload
UPDATE inbox_letter SET payload = :payload WHERE consumer = :consumer AND event_id = :event_id

-- name: EraseLetter
UPDATE inbox_letter SET headers = '', payload = :nothing, erased = 1, state = 'discarded', reason = :reason,
  changed_by = 'privacy', changed_at = :now
WHERE consumer = :consumer AND event_id = :event_id
