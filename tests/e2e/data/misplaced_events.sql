-- Events above the end of a closed lane, and those that are missing below the highest of any lane.
SELECT (SELECT count(*) FROM outbox_event JOIN outbox_lane USING (lane_id) WHERE sequence > final_sequence)
     + COALESCE(sum(highest - events), 0)
FROM (SELECT max(sequence) AS highest, count(*) AS events FROM outbox_event GROUP BY lane_id) AS lane;
