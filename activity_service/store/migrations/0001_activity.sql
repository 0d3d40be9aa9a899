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
