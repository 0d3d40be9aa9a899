SELECT COALESCE(sum(total_units * 100 + total_nanos / 10000000), 0) FROM orders;
