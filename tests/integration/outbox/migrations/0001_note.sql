-- What the service of these tests keeps: one row for each note, with the place of its event.
CREATE TABLE note (
  key text NOT NULL PRIMARY KEY,
  size bigint NOT NULL CHECK (size >= 0),
  lane_id uuid NOT NULL,
  sequence bigint NOT NULL
);
