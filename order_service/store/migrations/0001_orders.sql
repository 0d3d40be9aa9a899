-- One row per order. It keeps the place of the event, the time and the version of each change it went through, so that a repeated call gets the same
-- answer and events of any age can be made again. Its lines never change.
CREATE TABLE orders (
  order_id uuid NOT NULL PRIMARY KEY,
  customer text NOT NULL,
  currency text NOT NULL,
  total_units bigint NOT NULL,
  total_nanos bigint NOT NULL,
  -- tally.orders.store.OrderLines
  lines bytea NOT NULL,
  state text NOT NULL CHECK (state IN ('placed', 'cancelled')),
  version bigint NOT NULL,
  place_time bigint NOT NULL,
  create_time bigint NOT NULL,
  place_caller text NOT NULL,
  place_request_id text,
  place_fingerprint bytea NOT NULL,
  place_lane uuid NOT NULL,
  place_sequence bigint NOT NULL,
  cancel_time bigint,
  cancel_reason text,
  cancel_caller text,
  cancel_request_id text,
  cancel_fingerprint bytea,
  cancel_lane uuid,
  cancel_sequence bigint
);
CREATE UNIQUE INDEX orders_place_request ON orders (place_caller, place_request_id) WHERE place_request_id IS NOT NULL;
CREATE UNIQUE INDEX orders_cancel_request ON orders (cancel_caller, cancel_request_id) WHERE cancel_request_id IS NOT NULL;
CREATE INDEX orders_place_event ON orders (place_lane, place_sequence);
CREATE INDEX orders_cancel_event ON orders (cancel_lane, cancel_sequence) WHERE cancel_lane IS NOT NULL;
CREATE INDEX orders_place_time ON orders (place_time, order_id);
CREATE INDEX orders_cancelled ON orders (place_time, order_id) WHERE state = 'cancelled';
CREATE INDEX orders_customer ON orders (customer, place_time, order_id);
CREATE INDEX orders_cancel_time ON orders (cancel_time, order_id) WHERE cancel_time IS NOT NULL;

-- What retention has removed: orders whose last change was before this time may be gone. One row, 0 while none is.
CREATE TABLE orders_expired (
  singleton bigint NOT NULL PRIMARY KEY CHECK (singleton = 1),
  before bigint NOT NULL
);
INSERT INTO orders_expired (singleton, before) VALUES (1, 0);
