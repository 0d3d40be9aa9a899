-- fragment: OrderColumns
orders.order_id, customer, currency, total_units, total_nanos, lines, version, place_time, create_time,
place_caller, place_request_id, place_fingerprint, place_lane, place_sequence,
cancel_time, cancel_reason, cancel_lane, cancel_sequence, cancel_caller, cancel_request_id, cancel_fingerprint

-- name: InsertOrders [postgresql]
-- A request_id that was used while nobody was asked who calls is used for every caller: without a caller, too, the row fails
-- as every repetition does.
INSERT INTO orders (order_id, customer, currency, total_units, total_nanos, lines, state, version, place_time, create_time,
                    place_caller, place_request_id, place_fingerprint, place_lane, place_sequence)
SELECT order_id, customer, currency, total_units, total_nanos, lines, 'placed', 1, place_time, create_time,
       coalesce((SELECT place_caller FROM orders
                 WHERE row.caller <> '' AND place_caller = '' AND place_request_id = row.request_id), caller),
       request_id, fingerprint, :lane_id::uuid, sequence
FROM (SELECT unnest(:order_id::uuid[]) AS order_id, unnest(:customer::text[]) AS customer,
             unnest(:currency::text[]) AS currency, unnest(:total_units::bigint[]) AS total_units,
             unnest(:total_nanos::bigint[]) AS total_nanos, unnest(:lines::bytea[]) AS lines,
             unnest(:place_time::bigint[]) AS place_time, unnest(:create_time::bigint[]) AS create_time,
             unnest(:caller::text[]) AS caller, unnest(:request_id::text[]) AS request_id,
             unnest(:fingerprint::bytea[]) AS fingerprint, unnest(:sequence::bigint[]) AS sequence) AS row

-- name: InsertOrders [sqlite]
INSERT INTO orders (order_id, customer, currency, total_units, total_nanos, lines, state, version, place_time, create_time,
                    place_caller, place_request_id, place_fingerprint, place_lane, place_sequence)
VALUES (:order_id, :customer, :currency, :total_units, :total_nanos, :lines, 'placed', 1, :place_time, :create_time,
        coalesce((SELECT place_caller FROM orders
                  WHERE :caller <> '' AND place_caller = '' AND place_request_id = :request_id), :caller),
        :request_id, :fingerprint, :lane_id, :sequence)

-- For this transaction: InsertOrders looks for each named caller's request_id, and a plan that was made while the table was
-- small would read all of it each time. Only PostgreSQL is asked.
-- name: PlanByIndex
SET LOCAL enable_seqscan = off

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

-- name: LockOrders [postgresql]
-- Served by orders_pkey. Rows are locked as they come out of the sort.
SELECT {{OrderColumns}} FROM orders
WHERE orders.order_id = ANY (CAST(:order_id AS text[])::uuid[])
ORDER BY orders.order_id
FOR UPDATE

-- name: LockOrders [sqlite]
SELECT {{OrderColumns}} FROM orders WHERE order_id = :order_id

-- name: FindOrdersByCancelRequest [postgresql]
-- Served by orders_cancel_request.
SELECT {{OrderColumns}}
FROM unnest(:caller::text[], :request_id::text[]) AS wanted (caller, request_id)
JOIN orders ON cancel_caller = wanted.caller AND cancel_request_id = wanted.request_id

-- name: FindOrdersByCancelRequest [sqlite]
SELECT {{OrderColumns}} FROM orders WHERE cancel_caller = :caller AND cancel_request_id = :request_id

-- name: CancelOrders [postgresql]
UPDATE orders
SET state = 'cancelled', version = row.version, cancel_time = row.time, cancel_reason = row.reason,
    cancel_caller = row.caller, cancel_request_id = row.request_id, cancel_fingerprint = row.fingerprint,
    cancel_lane = :lane_id::uuid, cancel_sequence = row.sequence
FROM unnest(:order_id::text[], :version::bigint[], :time::bigint[], :reason::text[], :caller::text[],
            :request_id::text[], :fingerprint::bytea[], :sequence::bigint[])
  AS row (order_id, version, time, reason, caller, request_id, fingerprint, sequence)
WHERE orders.order_id = row.order_id::uuid

-- name: CancelOrders [sqlite]
UPDATE orders
SET state = 'cancelled', version = :version, cancel_time = :time, cancel_reason = :reason, cancel_caller = :caller,
    cancel_request_id = :request_id, cancel_fingerprint = :fingerprint, cancel_lane = :lane_id,
    cancel_sequence = :sequence
WHERE order_id = :order_id

-- name: ListByEvent
-- An order for each event of the range, in their order; the running sum ends the answer before it outgrows memory. Walks
-- orders_place_event and orders_cancel_event in their order, each for as many events as are wanted, and finds the orders by
-- orders_pkey.
SELECT {{OrderColumns}}
FROM (SELECT event_order, event_sequence, sum(bytes) OVER (ORDER BY event_sequence) - bytes AS bytes_before
      FROM (SELECT event_order, event_sequence, bytes
            FROM (SELECT * FROM (SELECT order_id AS event_order, place_sequence AS event_sequence, length(lines) AS bytes
                                 FROM orders
                                 WHERE place_lane = CAST(:lane_id AS uuid) AND place_sequence BETWEEN :first AND :last
                                 ORDER BY place_lane, place_sequence LIMIT :events_max) AS placed
                  UNION ALL
                  SELECT * FROM (SELECT order_id AS event_order, cancel_sequence AS event_sequence, length(lines) AS bytes
                                 FROM orders
                                 WHERE cancel_lane = CAST(:lane_id AS uuid) AND cancel_sequence BETWEEN :first AND :last
                                 ORDER BY cancel_lane, cancel_sequence LIMIT :events_max) AS cancelled) AS found
            ORDER BY event_sequence LIMIT :events_max) AS wanted) AS event
JOIN orders ON orders.order_id = event_order
WHERE bytes_before < :bytes_max
ORDER BY event_sequence

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

-- name: ListCancelledOldestFirst
-- Served by orders_cancelled, for cancellations are few; so is ListCancelledNewestFirst, backwards.
SELECT {{OrderColumns}} FROM orders
WHERE state = 'cancelled' AND place_time >= :start_time AND place_time < :end_time
  AND (place_time, order_id) > (:after_time, CAST(:after_id AS uuid))
ORDER BY place_time, order_id
LIMIT :orders_max

-- name: ListCancelledNewestFirst
SELECT {{OrderColumns}} FROM orders
WHERE state = 'cancelled' AND place_time >= :start_time AND place_time < :end_time
  AND (place_time, order_id) < (:after_time, CAST(:after_id AS uuid))
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
