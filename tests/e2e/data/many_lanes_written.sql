-- 2,500 lanes of seven events each, closed and published; lane 1,200 has three more, lane 2,400 is not there.
INSERT INTO outbox_lane (lane_id, stream, state, final_sequence, opened_by, opened_at, closed_at)
WITH RECURSIVE number (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM number WHERE i < 2500)
SELECT printf('%08x-0000-7000-8000-000000000000', i), 'ORDERS', 'closed', 7, 'a test', i, i FROM number WHERE i <> 2400;
INSERT INTO outbox_cursor (lane_id, published_through, trimmed_through)
SELECT lane_id, 7, 7 FROM outbox_lane WHERE opened_by = 'a test';
UPDATE outbox_lane SET final_sequence = 10 WHERE lane_id LIKE '000004b0-%';
UPDATE outbox_cursor SET published_through = 10 WHERE lane_id LIKE '000004b0-%';
SELECT count(*) FROM outbox_lane WHERE opened_by = 'a test';
