BEGIN;
INSERT INTO orders (id, customer, currency, total, lines, request_id, placed_at)
VALUES (gen_random_uuid(), 'customer-17850', 'GBP', 15.30, (:blob)::bytea, gen_random_uuid()::text, now());
INSERT INTO outbox (headers, payload) VALUES (:headers, (:blob)::bytea);
COMMIT;
