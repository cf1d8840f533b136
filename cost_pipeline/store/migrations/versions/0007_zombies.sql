-- The life of idle resources.

-- What holds what, as calls tell: a volume on an instance, an address, a target in its group.
-- Each row follows from one cost event and belongs to its day.
CREATE TABLE resource_links (
  tenant_id text NOT NULL,
  event uuid NOT NULL,
  kind text NOT NULL CHECK (kind IN ('holds', 'frees', 'ends', 'gains', 'loses', 'serves')),
  parent_id text NOT NULL,
  child_id text NOT NULL,
  event_time timestamptz NOT NULL,
  partition_day date NOT NULL,
  account_id text NOT NULL,
  region text NOT NULL,
  event_name text NOT NULL,
  actor text NOT NULL,
  actor_kind text NOT NULL,
  child_type text,
  handle text,
  facts jsonb NOT NULL DEFAULT '{}',
  PRIMARY KEY (tenant_id, event, kind, parent_id, child_id)
);
CREATE INDEX ON resource_links (tenant_id, partition_day);
CREATE INDEX ON resource_links (tenant_id, parent_id);
CREATE INDEX ON resource_links (tenant_id, child_id);
CREATE INDEX ON resource_links (tenant_id, handle) WHERE handle IS NOT NULL;
SELECT wall_off('resource_links');

-- What a call left behind: it bills on, and nothing uses it. Owned by the day of the call.
CREATE TABLE leftovers (
  tenant_id text NOT NULL,
  cause uuid NOT NULL,
  resource_id text NOT NULL,
  day date NOT NULL,
  event_time timestamptz NOT NULL,
  event_name text NOT NULL,
  parent_id text NOT NULL,
  account_id text NOT NULL,
  region text NOT NULL,
  resource_type text NOT NULL,
  actor text NOT NULL,
  actor_kind text NOT NULL,
  title text NOT NULL,
  monthly_cost numeric,
  facts jsonb NOT NULL DEFAULT '{}',
  PRIMARY KEY (tenant_id, cause, resource_id)
);
CREATE INDEX ON leftovers (tenant_id, day);
CREATE INDEX ON leftovers (tenant_id, resource_id);
CREATE INDEX ON leftovers (tenant_id, parent_id);
SELECT wall_off('leftovers');

-- What asking one place came to: calls, series and what AWS charges for them.
CREATE TABLE sweeps (
  tenant_id text NOT NULL,
  day date NOT NULL,
  account_id text NOT NULL,
  region text NOT NULL,
  calls jsonb NOT NULL,
  metrics int NOT NULL,
  usd numeric NOT NULL,
  seconds double precision NOT NULL,
  fetched_at timestamptz NOT NULL,
  PRIMARY KEY (tenant_id, day, account_id, region)
);
SELECT wall_off('sweeps');

-- What could not be judged on a day, and what was left out of its findings.
CREATE TABLE zombie_failures (
  tenant_id text NOT NULL,
  day date NOT NULL,
  check_name text NOT NULL,
  account_id text NOT NULL,
  region text NOT NULL,
  api text NOT NULL,
  permission text,
  message text NOT NULL,
  PRIMARY KEY (tenant_id, day, check_name, account_id, region)
);
SELECT wall_off('zombie_failures');

CREATE TABLE zombie_left_out (
  tenant_id text NOT NULL,
  day date NOT NULL,
  check_name text NOT NULL,
  resource_id text NOT NULL,
  account_id text NOT NULL,
  region text NOT NULL,
  reason text NOT NULL,
  PRIMARY KEY (tenant_id, day, check_name, resource_id)
);
SELECT wall_off('zombie_left_out');

-- Findings of the sweep before that a day no longer has, and whether AWS still knows them.
CREATE TABLE zombies_gone (
  tenant_id text NOT NULL,
  day date NOT NULL,
  check_name text NOT NULL,
  resource_id text NOT NULL,
  previous_day date NOT NULL,
  state text NOT NULL CHECK (state IN ('absent', 'present', 'left_out', 'unseen')),
  reason text,
  PRIMARY KEY (tenant_id, day, check_name, resource_id)
);
SELECT wall_off('zombies_gone');

-- Thresholds, tags that keep and exclusions as people choose them: the newest row holds.
CREATE TABLE zombie_choices (
  choice_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  tenant_id text NOT NULL,
  choices jsonb NOT NULL,
  by text NOT NULL,
  at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX ON zombie_choices (tenant_id, choice_id DESC);
SELECT wall_off('zombie_choices');
