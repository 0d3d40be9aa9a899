-- Orders of long ago: copies of one that order_service wrote, older than all it will write; their events are trimmed.
INSERT INTO orders (order_id, customer, currency, total_units, total_nanos, lines, state, version, place_time, create_time,
                    place_caller, place_request_id, place_fingerprint, place_lane, place_sequence)
SELECT CAST(lpad(to_hex(number), 12, '0') || '70008000000000000000' AS uuid), 'customer-' || number % 100000, currency,
       total_units, total_nanos, lines, 'placed', 1, place_time - CAST(1000 AS bigint) * (:orders - number), create_time, '',
       'stored-' || number, place_fingerprint, place_lane, number
FROM (SELECT * FROM orders LIMIT 1) AS copied, generate_series(1, :orders) AS number;
ANALYZE orders;
