-- The statements of InboxCatalog.

-- name: ListWatermarks
-- Walks inbox_lane_pkey; letters are counted by inbox_letter_lane, what was skipped by inbox_skipped_pkey. One statement: what
-- is covered and what of it is a letter are of the same moment.
SELECT CAST(lane.lane_id AS text), lane.source, lane.applied_through, lane.ranges, lane.started_at,
       extent.published_through,
       (SELECT count(*) FROM inbox_letter AS letter
        WHERE letter.consumer = lane.consumer AND letter.lane_id = lane.lane_id AND letter.state = 'retrying'),
       (SELECT count(*) FROM inbox_letter AS letter
        WHERE letter.consumer = lane.consumer AND letter.lane_id = lane.lane_id AND letter.state = 'dead'),
       (SELECT count(*) FROM inbox_letter AS letter
        WHERE letter.consumer = lane.consumer AND letter.lane_id = lane.lane_id AND letter.state = 'discarded'),
       (SELECT CAST(COALESCE(sum(last_sequence - first_sequence + 1), 0) AS bigint) FROM inbox_skipped AS skipped
        WHERE skipped.consumer = lane.consumer AND skipped.lane_id = lane.lane_id),
       (SELECT CAST(COALESCE(sum(last_sequence - first_sequence + 1), 0) AS bigint) FROM inbox_accepted AS accepted
        WHERE accepted.consumer = lane.consumer AND accepted.lane_id = lane.lane_id)
FROM inbox_lane AS lane
LEFT JOIN inbox_extent AS extent ON extent.consumer = lane.consumer AND extent.lane_id = lane.lane_id
WHERE lane.consumer = :consumer AND lane.lane_id > CAST(:after AS uuid)
  AND (CAST(:lane_id AS uuid) IS NULL OR lane.lane_id = CAST(:lane_id AS uuid))
  AND (:source = '' OR lane.source = :source) AND (CAST(:gaps_only AS bigint) = 0 OR lane.ranges <> '')
ORDER BY lane.lane_id
LIMIT :lanes_max

-- name: SummarizeWatermarks
-- Reads the whole table: a row for each life of each writer.
SELECT count(*), CAST(COALESCE(sum(applied_through), 0) AS bigint) FROM inbox_lane WHERE consumer = :consumer

-- name: ListRanges
-- Reads the whole table; few lanes have ranges.
SELECT applied_through, ranges FROM inbox_lane WHERE consumer = :consumer AND ranges <> ''

-- name: CountLettersByState
-- Reads inbox_letter_state.
SELECT state, count(*) FROM inbox_letter WHERE consumer = :consumer GROUP BY state

-- name: FindOldestDead
-- Served by inbox_letter_state_time.
SELECT min(first_failed_at) FROM inbox_letter WHERE consumer = :consumer AND state = 'dead'
