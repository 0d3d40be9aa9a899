-- Events in the outbox; those that are not published; those that no order names.
SELECT (SELECT count(*) FROM outbox_event),
       (SELECT count(*) FROM outbox_event JOIN outbox_cursor USING (lane_id) WHERE sequence > published_through),
       (SELECT count(*) FROM outbox_event WHERE NOT EXISTS (
          SELECT 1 FROM orders WHERE (place_lane = lane_id AND place_sequence = sequence)
                                  OR (cancel_lane = lane_id AND cancel_sequence = sequence)));
