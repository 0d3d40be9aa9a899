-- Lanes of the first order_service, in all its lives, that are open or not published to their end.
SELECT count(*)
FROM outbox_lane JOIN outbox_cursor USING (lane_id)
WHERE opened_by LIKE 'order_service-0/%' AND (state = 'open' OR published_through < final_sequence);
