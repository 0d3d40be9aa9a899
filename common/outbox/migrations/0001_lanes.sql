-- A lane is the append-only log of one writer's life: opened once, closed for ever, never written after that. Nothing but opening and closing
-- touches its row, so that the row is the fence between its writer and whoever closes it.
CREATE TABLE outbox_lane (
  lane_id uuid NOT NULL PRIMARY KEY,
  stream text NOT NULL,
  state text NOT NULL CHECK (state IN ('open', 'closed')),
  final_sequence bigint,
  opened_by text NOT NULL,
  opened_at bigint NOT NULL,
  closed_at bigint,
  CHECK ((state = 'closed') = (final_sequence IS NOT NULL))
);
CREATE INDEX outbox_lane_opened ON outbox_lane (opened_at, lane_id);

-- Insert-only until retention trims it, but for erasing a person's data from payloads.
CREATE TABLE outbox_event (
  lane_id uuid NOT NULL,
  sequence bigint NOT NULL CHECK (sequence > 0),
  subject text NOT NULL,
  type text NOT NULL,
  headers text NOT NULL,
  payload bytea NOT NULL,
  record_time bigint NOT NULL,
  PRIMARY KEY (lane_id, sequence)
);

-- Who publishes a lane now. Exists from opening until closed and published, so take-over reads few rows.
CREATE TABLE outbox_lease (
  lane_id uuid NOT NULL PRIMARY KEY,
  holder text NOT NULL,
  expires_at bigint NOT NULL
);

CREATE TABLE outbox_cursor (
  lane_id uuid NOT NULL PRIMARY KEY,
  published_through bigint NOT NULL,
  trimmed_through bigint NOT NULL
);

-- Events the bus refuses for their own sake; 'void' once an operator gave one up, kept for ever.
CREATE TABLE outbox_parked (
  lane_id uuid NOT NULL,
  sequence bigint NOT NULL,
  subject text NOT NULL,
  type text NOT NULL,
  headers text NOT NULL,
  payload bytea NOT NULL,
  record_time bigint NOT NULL,
  error text NOT NULL,
  attempts bigint NOT NULL,
  -- 1 once an attempt was neither acknowledged nor refused: the bus may have it.
  outcome_unknown bigint NOT NULL DEFAULT 0,
  -- 1 while an attempt is under way of which nothing is noted yet.
  attempt_open bigint NOT NULL DEFAULT 0,
  -- While it is to be published again: not before this time, and not after so many refusals more.
  retry_at bigint,
  refusals_left bigint NOT NULL DEFAULT 0,
  state text NOT NULL CHECK (state IN ('parked', 'void')),
  reason text NOT NULL,
  changed_by text NOT NULL,
  changed_at bigint NOT NULL,
  PRIMARY KEY (lane_id, sequence),
  CHECK (retry_at IS NULL OR state = 'parked')
);
CREATE INDEX outbox_parked_changed ON outbox_parked (changed_at, lane_id, sequence);
CREATE INDEX outbox_parked_retry ON outbox_parked (retry_at) WHERE retry_at IS NOT NULL;
