-- Retention takes all that is published; how many events are left.
DELETE FROM outbox_event WHERE sequence <= (SELECT published_through FROM outbox_cursor WHERE outbox_cursor.lane_id = outbox_event.lane_id);
UPDATE outbox_cursor SET trimmed_through = published_through;
SELECT count(*) FROM outbox_event;
