-- A count that nothing more fits on: the first quarter of an hour from 08:00 on 1 December 2010.
INSERT INTO activity_bucket (bucket_start, activity, currency, count, units, nanos)
VALUES (1291190400000000, 'orders.created', 'GBP', 4611686018427387904, 0, 0);
