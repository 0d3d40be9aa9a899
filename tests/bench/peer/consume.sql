SELECT nextval('delivered') AS first \gset
BEGIN;
WITH fresh AS (
  INSERT INTO processed SELECT generate_series((:first)::bigint, (:first)::bigint + 99) ON CONFLICT DO NOTHING RETURNING event_id)
UPDATE day SET orders = orders + (SELECT count(*) FROM fresh), revenue = revenue + 15.30 * (SELECT count(*) FROM fresh)
WHERE date = current_date;
COMMIT;
