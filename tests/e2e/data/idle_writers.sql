-- Sessions that hold a lane's row and have had nothing to do for a while.
SELECT count(*) FROM pg_stat_activity
WHERE datname = current_database() AND state = 'idle in transaction' AND state_change < now() - interval '0.2 s'
  AND query LIKE '%outbox_lane%FOR SHARE%';
