WITH taken AS (
  DELETE FROM outbox WHERE id IN (SELECT id FROM outbox ORDER BY id LIMIT 100 FOR UPDATE SKIP LOCKED)
  RETURNING id, headers, payload)
SELECT count(*) AS events, sum(length(payload)) AS bytes FROM taken \gset
\if :events = 0
\sleep 5 ms
\endif
