-- Trails that arrive by queue, by push and from agents.

-- Whose bucket it is (the account's row says which role to take), and the queue of its notices.
ALTER TABLE trails
  ADD COLUMN account_id text,
  ADD COLUMN queue_url text,
  ADD COLUMN accounts_listed_at timestamptz;

-- The accounts that a bucket holds, and when each was last asked for its regions. Before
-- nothing_before an account had delivered nothing. An address that names a region has it here.
CREATE TABLE trail_accounts (
  trail_id bigint NOT NULL REFERENCES trails ON DELETE CASCADE,
  prefix text NOT NULL,
  tenant_id text NOT NULL,
  account_id text NOT NULL,
  region text,
  nothing_before timestamptz NOT NULL,
  regions_listed_at timestamptz,
  PRIMARY KEY (trail_id, prefix)
);
CREATE INDEX ON trail_accounts (trail_id, regions_listed_at NULLS FIRST);

-- One account's files of one region. Whatever was delivered before complete_until is registered;
-- a round that is under way lists on from round_after, and ends as of round_started_at.
CREATE TABLE trail_places (
  trail_id bigint NOT NULL REFERENCES trails ON DELETE CASCADE,
  prefix text NOT NULL,
  tenant_id text NOT NULL,
  account_id text NOT NULL,
  region text NOT NULL,
  complete_until timestamptz NOT NULL,
  round_started_at timestamptz,
  round_after text,
  listed_at timestamptz,
  last_file_at timestamptz,
  PRIMARY KEY (trail_id, prefix)
);
CREATE INDEX ON trail_places (trail_id, complete_until);
CREATE INDEX ON trail_places (trail_id, last_file_at DESC NULLS LAST);

-- LIST calls by hour: how many ticks, how many calls in all, and in the busiest tick.
CREATE TABLE trail_listings (
  trail_id bigint NOT NULL REFERENCES trails ON DELETE CASCADE,
  hour timestamptz NOT NULL,
  tenant_id text NOT NULL,
  ticks int NOT NULL,
  calls bigint NOT NULL,
  most_calls int NOT NULL,
  PRIMARY KEY (trail_id, hour)
);

-- Messages of a queue that name no log file of ours, kept when they are taken off the queue.
CREATE TABLE queue_rejects (
  trail_id bigint NOT NULL REFERENCES trails ON DELETE CASCADE,
  message_id text NOT NULL,
  tenant_id text NOT NULL,
  reason text NOT NULL,
  body text NOT NULL,
  received_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (trail_id, message_id)
);

-- How far LookupEvents has been read. Before complete_until nothing is missing; a window that is
-- under way has been read from its end (window_end) back to open_to. seen holds the ids of the
-- events near the edge, which the next calls answer again.
CREATE TABLE lookup_positions (
  trail_id bigint NOT NULL REFERENCES trails ON DELETE CASCADE,
  account_id text NOT NULL,
  region text NOT NULL,
  tenant_id text NOT NULL,
  complete_until timestamptz NOT NULL,
  window_end timestamptz,
  open_to timestamptz,
  seen jsonb NOT NULL DEFAULT '[]',
  error text,
  PRIMARY KEY (trail_id, account_id, region)
);

DO $$
DECLARE name text;
BEGIN
  FOREACH name IN ARRAY ARRAY['trail_accounts', 'trail_places', 'trail_listings', 'queue_rejects',
    'lookup_positions'] LOOP
    PERFORM wall_off(name);
  END LOOP;
END $$;
