UPDATE activity_bucket SET nanos = nanos + 10000000
WHERE activity = 'orders.created' AND bucket_start = (SELECT min(bucket_start) FROM activity_bucket)
RETURNING count;
