-- fragment: OrderColumns
orders.order_id, customer, currency, total_units, total_nanos, lines, version, place_time, create_time,
place_caller, place_request_id, place_fingerprint, place_lane, place_sequence,
cancel_time, cancel_reason, cancel_lane, cancel_sequence

-- name: InsertOrders [postgresql]
INSERT INTO orders (order_id, customer, currency, total_units, total_nanos, lines, state, version, place_time, create_time,
                    place_caller, place_request_id, place_fingerprint, place_lane, place_sequence)
SELECT order_id::uuid, customer, currency, total_units, total_nanos, lines, 'placed', 1, place_time, create_time,
       caller, request_id, fingerprint, :lane_id::uuid, sequence
FROM unnest(:order_id::text[], :customer::text[], :currency::text[], :total_units::bigint[], :total_nanos::bigint[],
            :lines::bytea[], :place_time::bigint[], :create_time::bigint[], :caller::text[], :request_id::text[],
            :fingerprint::bytea[], :sequence::bigint[])
  AS row (order_id, customer, currency, total_units, total_nanos, lines, place_time, create_time, caller, request_id,
          fingerprint, sequence)

-- name: InsertOrders [sqlite]
INSERT INTO orders (order_id, customer, currency, total_units, total_nanos, lines, state, version, place_time, create_time,
                    place_caller, place_request_id, place_fingerprint, place_lane, place_sequence)
VALUES (:order_id, :customer, :currency, :total_units, :total_nanos, :lines, 'placed', 1, :place_time, :create_time,
        :caller, :request_id, :fingerprint, :lane_id, :sequence)

-- name: FindOrdersByRequest [postgresql]
-- Served by orders_place_request.
SELECT {{OrderColumns}}
FROM unnest(:caller::text[], :request_id::text[]) AS wanted (caller, request_id)
JOIN orders ON place_caller = wanted.caller AND place_request_id = wanted.request_id

-- name: FindOrdersByRequest [sqlite]
SELECT {{OrderColumns}} FROM orders WHERE place_caller = :caller AND place_request_id = :request_id

-- name: FindOrdersById [postgresql]
-- Served by orders_pkey.
SELECT {{OrderColumns}}
FROM unnest(:order_id::text[]) AS wanted (order_id)
JOIN orders ON orders.order_id = wanted.order_id::uuid

-- name: FindOrdersById [sqlite]
SELECT {{OrderColumns}} FROM orders WHERE order_id = :order_id

-- name: ListOldestFirst
-- Served by orders_place_time; so is ListNewestFirst, backwards.
SELECT {{OrderColumns}} FROM orders
WHERE place_time >= :start_time AND place_time < :end_time
  AND (place_time, order_id) > (:after_time, CAST(:after_id AS uuid))
  AND (CAST(:state AS text) = '' OR state = CAST(:state AS text))
ORDER BY place_time, order_id
LIMIT :orders_max

-- name: ListNewestFirst
SELECT {{OrderColumns}} FROM orders
WHERE place_time >= :start_time AND place_time < :end_time
  AND (place_time, order_id) < (:after_time, CAST(:after_id AS uuid))
  AND (CAST(:state AS text) = '' OR state = CAST(:state AS text))
ORDER BY place_time DESC, order_id DESC
LIMIT :orders_max

-- name: ListOldestFirstOfCustomer
-- Served by orders_customer; so is ListNewestFirstOfCustomer, backwards.
SELECT {{OrderColumns}} FROM orders
WHERE customer = :customer AND place_time >= :start_time AND place_time < :end_time
  AND (place_time, order_id) > (:after_time, CAST(:after_id AS uuid))
  AND (CAST(:state AS text) = '' OR state = CAST(:state AS text))
ORDER BY place_time, order_id
LIMIT :orders_max

-- name: ListNewestFirstOfCustomer
SELECT {{OrderColumns}} FROM orders
WHERE customer = :customer AND place_time >= :start_time AND place_time < :end_time
  AND (place_time, order_id) < (:after_time, CAST(:after_id AS uuid))
  AND (CAST(:state AS text) = '' OR state = CAST(:state AS text))
ORDER BY place_time DESC, order_id DESC
LIMIT :orders_max
