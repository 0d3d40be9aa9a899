-- Every order, the place and cancellation times in microseconds, with the events that the outbox has of it.
SELECT place_request_id, order_id, currency, total_units * 100 + total_nanos / 10000000, place_time, cancel_time,
       (SELECT count(*) FROM outbox_event WHERE lane_id = place_lane AND sequence = place_sequence)
     + (SELECT count(*) FROM outbox_event WHERE lane_id = cancel_lane AND sequence = cancel_sequence)
FROM orders;
