-- What ends with time or on request: the statements of OrderExpiry and OrderEraser.

-- name: DeleteExpiredOrders [postgresql]
-- order_id is a UUIDv7, which begins with the time the order was taken: served by orders_pkey, from the oldest. One that is
-- being cancelled is passed over. Materialized: within IN the limit would hold for each time the planner runs the query.
WITH due AS MATERIALIZED (
  SELECT order_id FROM orders
  WHERE order_id > CAST(:after AS uuid) AND order_id < CAST(:before AS uuid) AND COALESCE(cancel_time, create_time) < :cutoff
  ORDER BY order_id LIMIT :orders_max FOR UPDATE SKIP LOCKED)
DELETE FROM orders USING due WHERE orders.order_id = due.order_id
RETURNING CAST(orders.order_id AS text)

-- name: DeleteExpiredOrders [sqlite]
DELETE FROM orders WHERE order_id IN (
  SELECT order_id FROM orders
  WHERE order_id > :after AND order_id < :before AND COALESCE(cancel_time, create_time) < :cutoff
  ORDER BY order_id LIMIT :orders_max)
RETURNING order_id

-- name: RaiseExpired
UPDATE orders_expired SET before = :before WHERE before < :before

-- name: LockOrdersOfCustomer [postgresql]
-- Served by orders_customer. One that is being cancelled is passed over: there will be another call.
SELECT CAST(order_id AS text), CAST(place_lane AS text), place_sequence, CAST(cancel_lane AS text), cancel_sequence
FROM orders WHERE customer = :customer
ORDER BY place_time, order_id
LIMIT :orders_max
FOR UPDATE SKIP LOCKED

-- name: LockOrdersOfCustomer [sqlite]
SELECT order_id, place_lane, place_sequence, cancel_lane, cancel_sequence
FROM orders WHERE customer = :customer
ORDER BY place_time, order_id
LIMIT :orders_max

-- name: EraseOrders [postgresql]
-- The fingerprints go too: with a guess at the customer they would confirm it.
UPDATE orders SET customer = :erased, place_fingerprint = '',
  cancel_reason = CASE WHEN cancel_reason IS NULL THEN NULL ELSE '' END,
  cancel_fingerprint = CASE WHEN cancel_fingerprint IS NULL THEN NULL ELSE CAST('' AS bytea) END
WHERE order_id = ANY (CAST(:order_id::text[] AS uuid[]))

-- name: EraseOrders [sqlite]
UPDATE orders SET customer = :erased, place_fingerprint = x'',
  cancel_reason = CASE WHEN cancel_reason IS NULL THEN NULL ELSE '' END,
  cancel_fingerprint = CASE WHEN cancel_fingerprint IS NULL THEN NULL ELSE x'' END
WHERE order_id = :order_id

-- name: HasOrdersOfCustomer
-- Served by orders_customer.
SELECT 1 WHERE EXISTS (SELECT 1 FROM orders WHERE customer = :customer)
