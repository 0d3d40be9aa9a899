-- name: CountEvents [postgresql]
INSERT INTO counted (event_id, times, counted_by)
SELECT id, 1, :by FROM unnest(:ids::text[]) AS n (id) ORDER BY id
ON CONFLICT (event_id) DO UPDATE SET times = counted.times + 1

-- name: CountEvents [sqlite]
INSERT INTO counted (event_id, times, counted_by) VALUES (:ids, 1, :by)
ON CONFLICT (event_id) DO UPDATE SET times = counted.times + 1

-- name: ListCounted
SELECT event_id, times FROM counted

-- name: CountedBy
SELECT counted_by, COUNT(*) FROM counted GROUP BY counted_by

-- name: AddOne
INSERT INTO counted (event_id, times, counted_by) VALUES ('all', :more, '')
ON CONFLICT (event_id) DO UPDATE SET times = counted.times + :more

-- name: NoSuchTable
INSERT INTO no_such_table (x) VALUES (1)

-- name: ForgetFiveEvents
UPDATE inbox_lane SET applied_through = applied_through - 5

-- name: ReadLane
SELECT applied_through, ranges FROM inbox_lane WHERE lane_id = CAST(:lane_id AS uuid)

-- name: ListLetters
SELECT event_id, state, attempts, error FROM inbox_letter ORDER BY event_id

-- How many sessions wait for a lock. Only for PostgreSQL.
-- name: CountWaiting
SELECT COUNT(*) FROM pg_locks WHERE NOT granted

-- name: InsertTwice
INSERT INTO counted (event_id, times, counted_by) VALUES ('twice', 1, ''), ('twice', 1, '')

-- name: ListLetterContents
SELECT sequence, state, payload, reason, erased FROM inbox_letter ORDER BY event_id

-- name: Analyze
ANALYZE

-- name: HideLetters
ALTER TABLE inbox_letter RENAME TO inbox_letter_hidden

-- name: ShowLetters
ALTER TABLE inbox_letter_hidden RENAME TO inbox_letter
