-- The same 2,500 lanes, covered; lane 600 is not there.
INSERT INTO inbox_lane (consumer, lane_id, source, applied_through, ranges, started_at)
WITH RECURSIVE number (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM number WHERE i < 2500)
SELECT 'activity_service', printf('%08x-0000-7000-8000-000000000000', i), 'order_service', 7, '', i FROM number WHERE i <> 600;
SELECT count(*) FROM inbox_lane WHERE applied_through = 7;
