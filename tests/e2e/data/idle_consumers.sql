-- Sessions that hold rows of lanes and have waited for their client for a moment.
SELECT count(*) FROM pg_stat_activity
WHERE datname = current_database() AND state = 'idle in transaction' AND state_change < now() - interval '0.1 s'
  AND query LIKE '%inbox_lane%FOR UPDATE%';
