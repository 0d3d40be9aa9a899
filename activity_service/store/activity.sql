-- name: AddToBuckets [postgresql]
-- In key order, so that replicas that add to the same buckets wait for each other in one direction
-- only. The mark is raised after them, for the same reason; the session picks the row of it, so that
-- replicas that add to different buckets seldom meet there.
WITH added AS (
  INSERT INTO activity_bucket (bucket_start, activity, currency, count, units, nanos)
  SELECT bucket_start, activity, currency, count, units, nanos
  FROM unnest(:bucket_start::bigint[], :activity::text[], :currency::text[], :count::bigint[],
              :units::bigint[], :nanos::bigint[])
    AS row (bucket_start, activity, currency, count, units, nanos)
  ORDER BY bucket_start, activity, currency
  ON CONFLICT (bucket_start, activity, currency) DO UPDATE
  SET count = activity_bucket.count + excluded.count,
      units = activity_bucket.units + excluded.units,
      nanos = activity_bucket.nanos + excluded.nanos
  RETURNING 1
)
UPDATE activity_mark SET changes = changes + 1
WHERE slot = pg_backend_pid() % 16 AND (SELECT count(*) FROM added) > 0

-- name: AddToBuckets [sqlite]
INSERT INTO activity_bucket (bucket_start, activity, currency, count, units, nanos)
VALUES (:bucket_start, :activity, :currency, :count, :units, :nanos)
ON CONFLICT (bucket_start, activity, currency) DO UPDATE
SET count = activity_bucket.count + excluded.count,
    units = activity_bucket.units + excluded.units,
    nanos = activity_bucket.nanos + excluded.nanos

-- name: SumIntervals [postgresql]
-- Served by activity_bucket_pkey: one range of it for each interval, at most 100 buckets for a day.
SELECT number, activity, currency, CAST(sum(count) AS bigint), CAST(sum(units) AS bigint),
       CAST(sum(nanos) AS bigint)
FROM unnest(:number::bigint[], :start_time::bigint[], :end_time::bigint[])
  AS interval (number, start_time, end_time)
JOIN activity_bucket ON bucket_start >= start_time AND bucket_start < end_time
GROUP BY number, activity, currency

-- name: SumIntervals [sqlite]
-- Served by the primary key.
SELECT :number, activity, currency, sum(count), sum(units), sum(nanos)
FROM activity_bucket
WHERE bucket_start >= :start_time AND bucket_start < :end_time
GROUP BY activity, currency

-- name: ReadMark [postgresql]
SELECT CAST(sum(changes) AS bigint) FROM activity_mark

-- One process has the file to itself: there is nobody else whose changes it had to see.
-- name: ReadMark [sqlite]
SELECT 0
