-- How often an activity happened in 15 minutes of UTC and what it was worth. currency is '' for
-- contributions without an amount; units and nanos are summed apart, nanos need not be below 10^9.
-- The key begins with the time, so that a day of all activities is one range of it.
-- The limits make a sum that does not fit an error: SQLite would go on with floating point.
CREATE TABLE activity_bucket (
  bucket_start bigint NOT NULL,
  activity text NOT NULL,
  currency text NOT NULL,
  count bigint NOT NULL CHECK (count BETWEEN -4611686018427387904 AND 4611686018427387904),
  units bigint NOT NULL CHECK (units BETWEEN -4611686018427387904 AND 4611686018427387904),
  nanos bigint NOT NULL CHECK (nanos BETWEEN -4611686018427387904 AND 4611686018427387904),
  PRIMARY KEY (bucket_start, activity, currency)
);

-- The sum of `changes` grows with every transaction that adds to the buckets, so that who has read
-- them knows whether to read again. Several rows, so that transactions seldom wait for each other.
CREATE TABLE activity_mark (
  slot bigint NOT NULL PRIMARY KEY,
  changes bigint NOT NULL
);
INSERT INTO activity_mark (slot, changes) VALUES
  (0, 0), (1, 0), (2, 0), (3, 0), (4, 0), (5, 0), (6, 0), (7, 0),
  (8, 0), (9, 0), (10, 0), (11, 0), (12, 0), (13, 0), (14, 0), (15, 0);
