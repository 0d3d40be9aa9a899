-- What the services of the simulation do, and what its checker looks at.

-- name: FindNote
SELECT CAST(lane_id AS text), sequence FROM note WHERE key = :key

-- name: InsertNote
INSERT INTO note (key, size, lane_id, sequence) VALUES (:key, :size, CAST(:lane_id AS uuid), :sequence)
ON CONFLICT DO NOTHING

-- name: ListNotes
SELECT key, CAST(lane_id AS text), sequence FROM note

-- name: CheckLanes
-- Each lane with what it is and what it holds.
SELECT CAST(lane.lane_id AS text), state, COALESCE(final_sequence, -1), published_through, trimmed_through,
       (SELECT COALESCE(max(sequence), 0) FROM outbox_event AS e WHERE e.lane_id = lane.lane_id),
       (SELECT count(*) FROM outbox_event AS e WHERE e.lane_id = lane.lane_id),
       (SELECT COALESCE(max(expires_at), 0) FROM outbox_lease AS l WHERE l.lane_id = lane.lane_id)
FROM outbox_lane AS lane JOIN outbox_cursor AS c ON c.lane_id = lane.lane_id

-- name: ListRecordedBefore
SELECT CAST(lane_id AS text), max(sequence) FROM outbox_event WHERE record_time < :time GROUP BY lane_id

-- name: ListParked
SELECT CAST(lane_id AS text), sequence, CASE WHEN state = 'void' THEN 1 ELSE 0 END FROM outbox_parked

-- name: CountNote
INSERT INTO counted (key, times) VALUES (:key, 1) ON CONFLICT (key) DO UPDATE SET times = counted.times + 1

-- name: ListCounted
SELECT key, times FROM counted

-- name: CountCountedTwice
SELECT count(*) FROM counted WHERE times > 1

-- name: ListCovered
SELECT CAST(lane_id AS text), applied_through, ranges FROM inbox_lane

-- name: FindCovered
SELECT applied_through, ranges FROM inbox_lane WHERE lane_id = CAST(:lane_id AS uuid)

-- name: ListLetters
SELECT CAST(lane_id AS text), sequence, state FROM inbox_letter WHERE lane_id IS NOT NULL

-- name: ListFindings
SELECT CAST(lane_id AS text), first_sequence, last_sequence, verdict, covered FROM inbox_missing
