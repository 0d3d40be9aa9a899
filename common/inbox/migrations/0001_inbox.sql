-- Whose dedup tables these are: a consumer's name is a constant of its code.
CREATE TABLE inbox_consumer (
  consumer text NOT NULL PRIMARY KEY,
  started_at bigint NOT NULL,
  heal_holder text NOT NULL DEFAULT '',
  heal_expires_at bigint NOT NULL DEFAULT 0
);

-- The databases events come from, by producer; another identity than the one remembered is an alarm.
CREATE TABLE inbox_source (
  consumer text NOT NULL,
  source text NOT NULL,
  identity text NOT NULL,
  first_seen_at bigint NOT NULL,
  PRIMARY KEY (consumer, source)
);

-- What of a lane is covered: 1 .. applied_through, and the ranges above it ("7-9,12") in the same row.
CREATE TABLE inbox_lane (
  consumer text NOT NULL,
  lane_id uuid NOT NULL,
  source text NOT NULL,
  applied_through bigint NOT NULL,
  ranges text NOT NULL,
  started_at bigint NOT NULL,
  PRIMARY KEY (consumer, lane_id)
);

-- Events that could not be applied: covered, not counted. Texts that came over the wire stand here with
-- everything but printable ASCII percent-encoded: a letter must always fit into its row.
CREATE TABLE inbox_letter (
  consumer text NOT NULL,
  event_id text NOT NULL,
  lane_id uuid,
  sequence bigint,
  subject text NOT NULL,
  type text NOT NULL,
  headers text NOT NULL,
  payload bytea NOT NULL,
  error text NOT NULL,
  attempts bigint NOT NULL,
  state text NOT NULL CHECK (state IN ('retrying', 'dead', 'discarded')),
  next_attempt_at bigint NOT NULL,
  first_failed_at bigint NOT NULL,
  changed_at bigint NOT NULL,
  reason text NOT NULL DEFAULT '',
  changed_by text NOT NULL DEFAULT '',
  PRIMARY KEY (consumer, event_id)
);
CREATE INDEX inbox_letter_state ON inbox_letter (consumer, state, next_attempt_at);
CREATE INDEX inbox_letter_lane ON inbox_letter (consumer, lane_id, sequence);
