-- Makes the server one that has run for a while: its write-ahead log goes on in segments it had before. A new server makes
-- each one while somebody waits for a commit, and fills it with 16 MiB of zeros.
SELECT pg_logical_emit_message(false, 'bench', ''), pg_switch_wal() FROM generate_series(1, 60);
CHECKPOINT;
