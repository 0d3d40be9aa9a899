-- Sessions that hold rows of lanes and have had nothing to do for a while.
SELECT count(*) FROM pg_stat_activity
WHERE datname = current_database() AND state = 'idle in transaction' AND state_change < now() - interval '0.2 s'
  AND query LIKE '%inbox_lane%FOR UPDATE%';
