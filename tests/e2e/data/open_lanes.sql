SELECT count(*) FROM outbox_lane WHERE state = 'open';
