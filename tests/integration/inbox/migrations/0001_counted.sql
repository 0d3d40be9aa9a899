CREATE TABLE counted (
  event_id text NOT NULL PRIMARY KEY,
  times bigint NOT NULL,
  counted_by text NOT NULL
);
