-- Lanes that nobody is responsible for, and those that are not published to their end.
SELECT count(*)
FROM outbox_lane JOIN outbox_cursor USING (lane_id) LEFT JOIN outbox_lease USING (lane_id)
WHERE published_through < COALESCE(final_sequence,
                                   (SELECT max(sequence) FROM outbox_event AS event WHERE event.lane_id = outbox_lane.lane_id), 0)
   OR (state = 'open' AND (expires_at IS NULL OR expires_at < CAST(extract(epoch FROM now()) * 1000000 AS bigint)));
