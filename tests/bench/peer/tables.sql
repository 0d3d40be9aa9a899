CREATE TABLE orders (
  id uuid PRIMARY KEY,
  customer text NOT NULL,
  currency text NOT NULL,
  total numeric(20, 2) NOT NULL,
  lines bytea NOT NULL,
  request_id text NOT NULL UNIQUE,
  placed_at timestamptz NOT NULL
);
CREATE INDEX ON orders (customer, placed_at);
CREATE TABLE outbox (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  headers text NOT NULL,
  payload bytea NOT NULL
);
CREATE TABLE processed (event_id bigint PRIMARY KEY);
CREATE TABLE day (date date PRIMARY KEY, orders bigint NOT NULL, revenue numeric(20, 2) NOT NULL);
INSERT INTO day VALUES (current_date, 0, 0);
-- Events as the bus would deliver them: numbered, at no cost.
CREATE SEQUENCE delivered INCREMENT 100;
