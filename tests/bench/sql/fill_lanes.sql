-- Closed lanes that nobody has published yet, as a long outage of the bus leaves them behind: each event is a copy of one
-- that order_service wrote. :run keeps the ids of one fill apart from those of another.
CREATE TEMPORARY TABLE filled_lane AS
SELECT CAST(lpad(to_hex(:run), 8, '0') || '-0000-7000-8000-' || lpad(to_hex(number), 12, '0') AS uuid) AS lane_id
FROM generate_series(1, :lanes) AS number;

INSERT INTO outbox_event (lane_id, sequence, subject, type, headers, payload, record_time)
SELECT filled_lane.lane_id, number, subject, type, headers, payload, record_time
FROM filled_lane, generate_series(1, :each) AS number, (SELECT * FROM outbox_event LIMIT 1) AS copied
ORDER BY filled_lane.lane_id, number;

INSERT INTO outbox_cursor (lane_id, published_through, trimmed_through) SELECT lane_id, 0, 0 FROM filled_lane;
INSERT INTO outbox_lease (lane_id, holder, expires_at) SELECT lane_id, 'bench', 0 FROM filled_lane;
INSERT INTO outbox_lane (lane_id, stream, state, final_sequence, opened_by, opened_at, closed_at)
SELECT lane_id, 'ORDERS', 'closed', :each, 'bench', 0, 0 FROM filled_lane;
DROP TABLE filled_lane;
