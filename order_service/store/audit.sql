-- The statements of OrderSums: pages of orders along a time, each page a bounded number of them.

-- name: FindPageEndOfPlaced
-- Served by orders_place_time alone, as is the next.
SELECT place_time, CAST(order_id AS text) FROM orders
WHERE place_time >= :start_time AND place_time < :end_time AND (place_time, order_id) > (:after_time, CAST(:after_id AS uuid))
ORDER BY place_time, order_id
LIMIT 1 OFFSET :orders

-- name: SumPlaced
-- 86,400,000,000 µs are a day.
SELECT place_time / 86400000000, currency, count(*), CAST(sum(total_units) AS bigint), CAST(sum(total_nanos) AS bigint)
FROM orders
WHERE place_time >= :start_time AND place_time < :end_time
  AND (place_time, order_id) > (:after_time, CAST(:after_id AS uuid))
  AND (place_time, order_id) <= (:last_time, CAST(:last_id AS uuid))
GROUP BY 1, 2
ORDER BY 1, 2

-- name: FindPageEndOfCancelled
-- Served by orders_cancel_time, as is the next.
SELECT cancel_time, CAST(order_id AS text) FROM orders
WHERE cancel_time >= :start_time AND cancel_time < :end_time
  AND (cancel_time, order_id) > (:after_time, CAST(:after_id AS uuid))
ORDER BY cancel_time, order_id
LIMIT 1 OFFSET :orders

-- name: SumCancelled
SELECT cancel_time / 86400000000, currency, count(*), CAST(sum(total_units) AS bigint), CAST(sum(total_nanos) AS bigint)
FROM orders
WHERE cancel_time >= :start_time AND cancel_time < :end_time
  AND (cancel_time, order_id) > (:after_time, CAST(:after_id AS uuid))
  AND (cancel_time, order_id) <= (:last_time, CAST(:last_id AS uuid))
GROUP BY 1, 2
ORDER BY 1, 2

-- name: FindExpired
SELECT before FROM orders_expired
