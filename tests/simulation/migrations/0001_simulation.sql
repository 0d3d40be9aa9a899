-- What producers keep: one row for each note, with the place of its event.
CREATE TABLE note (
  key text NOT NULL PRIMARY KEY,
  size bigint NOT NULL CHECK (size >= 0),
  lane_id uuid NOT NULL,
  sequence bigint NOT NULL
);
-- What consumers count: how often each note was.
CREATE TABLE counted (
  key text NOT NULL PRIMARY KEY,
  times bigint NOT NULL
);
