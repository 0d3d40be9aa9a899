-- Whose dedup tables these are: a consumer's name is a constant of its code.
CREATE TABLE inbox_consumer (
  consumer text NOT NULL PRIMARY KEY,
  started_at bigint NOT NULL,
  heal_holder text NOT NULL DEFAULT '',
  heal_expires_at bigint NOT NULL DEFAULT 0,
  -- When lanes were last compared with all producers: those of now, and every one there ever was.
  compared_at bigint,
  compared_all_at bigint,
  -- What the rows of inbox_missing add up to; kept with them, so that no reader has to add.
  missing_events bigint NOT NULL DEFAULT 0,
  parked_events bigint NOT NULL DEFAULT 0
);

-- The databases events come from, by producer; another identity than the one remembered is an alarm until an operator
-- adopts it.
CREATE TABLE inbox_source (
  consumer text NOT NULL,
  source text NOT NULL,
  identity text NOT NULL,
  first_seen_at bigint NOT NULL,
  last_answer_at bigint NOT NULL,
  -- What answered last, where it was another database.
  other_identity text NOT NULL DEFAULT '',
  other_answer_at bigint NOT NULL DEFAULT 0,
  -- Of the identity, where it is not the first there was.
  reason text NOT NULL DEFAULT '',
  changed_by text NOT NULL DEFAULT '',
  changed_at bigint,
  PRIMARY KEY (consumer, source)
);

-- How far the producers had published their lanes when they last said so.
CREATE TABLE inbox_extent (
  consumer text NOT NULL,
  lane_id uuid NOT NULL,
  published_through bigint NOT NULL,
  PRIMARY KEY (consumer, lane_id)
);

-- Ranges in which this consumer and a producer do not agree; see Finding. `covered`: this consumer has the events.
CREATE TABLE inbox_missing (
  consumer text NOT NULL,
  lane_id uuid NOT NULL,
  first_sequence bigint NOT NULL,
  last_sequence bigint NOT NULL,
  source text NOT NULL,
  verdict text NOT NULL CHECK (verdict IN ('unanswered', 'parked', 'trimmed', 'unknown')),
  covered bigint NOT NULL,
  noticed_at bigint NOT NULL,
  PRIMARY KEY (consumer, lane_id, first_sequence)
);

-- Ranges that were covered without an event, because there is none: void at the producer, or trimmed or unknown there
-- and accepted by an operator. Kept for ever.
CREATE TABLE inbox_skipped (
  consumer text NOT NULL,
  lane_id uuid NOT NULL,
  first_sequence bigint NOT NULL,
  last_sequence bigint NOT NULL,
  verdict text NOT NULL CHECK (verdict IN ('void', 'trimmed', 'unknown')),
  reason text NOT NULL,
  changed_by text NOT NULL,
  changed_at bigint NOT NULL,
  PRIMARY KEY (consumer, lane_id, first_sequence)
);

-- Ranges that were counted and are unknown to their producer, and that an operator accepted. Kept for ever.
CREATE TABLE inbox_accepted (
  consumer text NOT NULL,
  lane_id uuid NOT NULL,
  first_sequence bigint NOT NULL,
  last_sequence bigint NOT NULL,
  reason text NOT NULL,
  changed_by text NOT NULL,
  changed_at bigint NOT NULL,
  PRIMARY KEY (consumer, lane_id, first_sequence)
);

-- What of a lane is covered: 1 .. applied_through, and the ranges above it ("7-9,12") in the same row. And, written in
-- the same way, what was begun: events that were about to be applied, and which of them each alone. Those of them that
-- are not covered ended the process, or their attempt is under way; see Narrowing.
CREATE TABLE inbox_lane (
  consumer text NOT NULL,
  lane_id uuid NOT NULL,
  source text NOT NULL,
  applied_through bigint NOT NULL,
  ranges text NOT NULL,
  started_at bigint NOT NULL,
  begun_through bigint NOT NULL DEFAULT 0,
  begun_ranges text NOT NULL DEFAULT '',
  alone_through bigint NOT NULL DEFAULT 0,
  alone_ranges text NOT NULL DEFAULT '',
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
  -- Attempts that were begun and never ended: they ended the process, or one is under way.
  unended bigint NOT NULL DEFAULT 0,
  state text NOT NULL CHECK (state IN ('retrying', 'dead', 'discarded')),
  next_attempt_at bigint NOT NULL,
  first_failed_at bigint NOT NULL,
  changed_at bigint NOT NULL,
  reason text NOT NULL DEFAULT '',
  changed_by text NOT NULL DEFAULT '',
  -- 1 once headers and payload were emptied, for their age or for a person's sake.
  erased bigint NOT NULL DEFAULT 0,
  PRIMARY KEY (consumer, event_id)
);
CREATE INDEX inbox_letter_age ON inbox_letter (consumer, changed_at) WHERE erased = 0 AND state IN ('dead', 'discarded');
CREATE INDEX inbox_letter_state ON inbox_letter (consumer, state, next_attempt_at);
CREATE INDEX inbox_letter_time ON inbox_letter (consumer, first_failed_at, event_id);
CREATE INDEX inbox_letter_state_time ON inbox_letter (consumer, state, first_failed_at, event_id);
CREATE INDEX inbox_letter_lane_time ON inbox_letter (consumer, lane_id, first_failed_at, event_id);
CREATE INDEX inbox_letter_lane ON inbox_letter (consumer, lane_id, sequence);
