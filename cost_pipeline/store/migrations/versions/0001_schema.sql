-- Everything that belongs to a tenant carries its id, and row-level security holds the
-- application's role to the tenant that the transaction names in `app.tenant_id`.

-- An owner without the right to make roles may be given this one beforehand.
DO $$ BEGIN
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'cost_app') THEN
    CREATE ROLE cost_app NOLOGIN NOBYPASSRLS;
  END IF;
EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL;
END $$;

DO $$ BEGIN
  SET LOCAL ROLE cost_app;
  RESET ROLE;
EXCEPTION WHEN insufficient_privilege THEN
  EXECUTE format('GRANT cost_app TO %I', current_user);
END $$;

CREATE TABLE tenants (
  tenant_id text PRIMARY KEY,
  name text NOT NULL,
  time_zone text NOT NULL DEFAULT 'UTC',
  settings jsonb NOT NULL DEFAULT '{}'
);

CREATE TABLE accounts (
  tenant_id text NOT NULL REFERENCES tenants,
  account_id text NOT NULL,
  name text,
  role_arn text,
  external_id text,
  endpoint_url text,
  regions text[] NOT NULL DEFAULT '{}',
  created_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (tenant_id, account_id)
);

CREATE TABLE trails (
  trail_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  tenant_id text NOT NULL REFERENCES tenants,
  url text NOT NULL,
  endpoint_url text,
  region text,
  state text NOT NULL DEFAULT 'active' CHECK (state IN ('active', 'paused', 'failed')),
  error text,
  last_object_at timestamptz,
  last_listed_at timestamptz,
  created_at timestamptz NOT NULL DEFAULT now(),
  UNIQUE (tenant_id, url)
);

CREATE TABLE trail_objects (
  object_id bigint GENERATED ALWAYS AS IDENTITY UNIQUE,
  trail_id bigint NOT NULL REFERENCES trails ON DELETE CASCADE,
  key text NOT NULL,
  tenant_id text NOT NULL,
  account_id text NOT NULL,
  region text NOT NULL,
  day date NOT NULL,
  etag text,
  size bigint NOT NULL,
  last_modified timestamptz,
  state text NOT NULL DEFAULT 'pending' CHECK (state IN ('pending', 'done', 'failed')),
  records int,
  matched int,
  quarantined int,
  attempts int NOT NULL DEFAULT 0,
  error text,
  retry_at timestamptz,
  discovered_at timestamptz NOT NULL DEFAULT now(),
  done_at timestamptz,
  PRIMARY KEY (trail_id, key)
);
CREATE INDEX ON trail_objects (tenant_id, day);
CREATE INDEX ON trail_objects (tenant_id, state, day) WHERE state <> 'done';

CREATE TABLE quarantined_records (
  object_id bigint NOT NULL REFERENCES trail_objects (object_id) ON DELETE CASCADE,
  record_offset int NOT NULL,
  tenant_id text NOT NULL,
  reason text NOT NULL,
  raw text NOT NULL,
  PRIMARY KEY (object_id, record_offset)
);

CREATE TABLE cost_events (
  id uuid NOT NULL,
  tenant_id text NOT NULL,
  event_id text NOT NULL,
  ordinal int NOT NULL,
  event_time timestamptz NOT NULL,
  partition_day date NOT NULL,
  account_id text NOT NULL,
  region text NOT NULL,
  event_source text NOT NULL,
  event_name text NOT NULL,
  service text NOT NULL,
  resource_type text NOT NULL,
  resource_class text,
  action text NOT NULL CHECK (action IN ('start', 'change', 'stop', 'purchase', 'signal')),
  actor text NOT NULL,
  actor_kind text NOT NULL,
  actor_principal text,
  actor_session text,
  resource_ids text[] NOT NULL DEFAULT '{}',
  quantity numeric NOT NULL DEFAULT 1,
  hourly_cost numeric,
  rate_after numeric,
  one_time_cost numeric NOT NULL DEFAULT 0,
  price_basis text NOT NULL,
  object_id bigint,
  created_at timestamptz NOT NULL DEFAULT now(),
  data jsonb NOT NULL DEFAULT '{}',
  PRIMARY KEY (event_time, id)
) PARTITION BY RANGE (event_time);
CREATE INDEX ON cost_events (tenant_id, partition_day);
CREATE INDEX ON cost_events (tenant_id, event_time DESC);
CREATE INDEX ON cost_events (id);
CREATE INDEX ON cost_events (object_id);
CREATE INDEX ON cost_events (tenant_id, event_time) WHERE price_basis = 'unpriced';
CREATE INDEX ON cost_events USING gin (data jsonb_path_ops);
CREATE TABLE cost_events_other PARTITION OF cost_events DEFAULT;

-- The monthly partition for `day`; rows that waited in the default partition move into it.
CREATE FUNCTION ensure_cost_events_partition(day date) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  since date := date_trunc('month', day);
  until date := date_trunc('month', day) + interval '1 month';
  name text := 'cost_events_' || to_char(day, 'YYYY_MM');
BEGIN
  IF to_regclass(name) IS NOT NULL THEN RETURN; END IF;
  PERFORM pg_advisory_xact_lock(hashtext('cost_events_partitions'));
  IF to_regclass(name) IS NOT NULL THEN RETURN; END IF;
  EXECUTE format('CREATE TABLE %I (LIKE cost_events INCLUDING DEFAULTS INCLUDING CONSTRAINTS)', name);
  EXECUTE format('WITH moved AS (DELETE FROM cost_events_other WHERE event_time >= %L AND event_time < %L RETURNING *)
    INSERT INTO %I SELECT * FROM moved', since || ' UTC', until || ' UTC', name);
  EXECUTE format('ALTER TABLE cost_events ATTACH PARTITION %I FOR VALUES FROM (%L) TO (%L)',
    name, since || ' UTC', until || ' UTC');
  EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
  EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', name);
END $$;

CREATE TABLE refused_calls (
  id uuid PRIMARY KEY,
  tenant_id text NOT NULL,
  event_id text NOT NULL,
  event_time timestamptz NOT NULL,
  partition_day date NOT NULL,
  account_id text NOT NULL,
  region text NOT NULL,
  event_source text NOT NULL,
  event_name text NOT NULL,
  actor text NOT NULL,
  actor_kind text NOT NULL,
  error_code text NOT NULL,
  object_id bigint
);
CREATE INDEX ON refused_calls (tenant_id, partition_day);
CREATE INDEX ON refused_calls (object_id);

-- One row for each event on each resource. What the event says comes first; hourly_cost (the
-- rate from this event on), delta (the change of the rate) and to_* follow from all its rows.
CREATE TABLE resource_spans (
  tenant_id text NOT NULL,
  resource_id text NOT NULL,
  from_event uuid NOT NULL,
  from_time timestamptz NOT NULL,
  partition_day date NOT NULL,
  account_id text NOT NULL,
  region text NOT NULL,
  service text NOT NULL,
  resource_type text NOT NULL,
  resource_class text,
  action text NOT NULL,
  actor text NOT NULL,
  actor_kind text NOT NULL,
  rate_after numeric,
  stated_delta numeric,
  hourly_cost numeric,
  delta numeric,
  to_event uuid,
  to_time timestamptz,
  PRIMARY KEY (tenant_id, resource_id, from_event)
);
CREATE INDEX ON resource_spans (tenant_id, partition_day);
CREATE INDEX ON resource_spans (tenant_id, from_event);

CREATE TABLE resources (
  tenant_id text NOT NULL,
  resource_id text NOT NULL,
  account_id text NOT NULL,
  region text NOT NULL,
  service text NOT NULL,
  resource_type text NOT NULL,
  resource_class text,
  hourly_cost numeric,
  created_by text,
  created_at timestamptz,
  stopped_at timestamptz,
  stopped_by text,
  last_event uuid NOT NULL,
  last_event_time timestamptz NOT NULL,
  PRIMARY KEY (tenant_id, resource_id)
);
CREATE INDEX ON resources (tenant_id, hourly_cost DESC NULLS LAST) WHERE stopped_at IS NULL;

CREATE TABLE activity (
  tenant_id text NOT NULL,
  account_id text NOT NULL,
  resource_type text NOT NULL,
  day date NOT NULL,
  event_count bigint NOT NULL,
  mean double precision NOT NULL,
  m2 double precision NOT NULL,
  hourly_added numeric NOT NULL,
  one_time numeric NOT NULL,
  actors jsonb NOT NULL,
  regions jsonb NOT NULL,
  classes jsonb NOT NULL,
  PRIMARY KEY (tenant_id, account_id, resource_type, day)
);
CREATE INDEX ON activity (tenant_id, day);
CREATE TABLE activity_trained (LIKE activity INCLUDING ALL);

CREATE TABLE baselines (
  tenant_id text NOT NULL,
  account_id text NOT NULL,
  resource_type text NOT NULL,
  as_of date NOT NULL,
  event_count bigint NOT NULL,
  mean_hourly_cost double precision NOT NULL,
  m2 double precision NOT NULL,
  stddev double precision NOT NULL,
  observed_actors jsonb NOT NULL,
  observed_regions jsonb NOT NULL,
  observed_classes jsonb NOT NULL,
  max_daily_added numeric NOT NULL,
  days int NOT NULL,
  PRIMARY KEY (tenant_id, account_id, resource_type, as_of)
);
CREATE INDEX ON baselines (tenant_id, as_of);

CREATE TABLE detector_state (
  tenant_id text NOT NULL,
  as_of date NOT NULL,
  settings_version text NOT NULL,
  folded_at timestamptz NOT NULL DEFAULT now(),
  state jsonb NOT NULL,
  PRIMARY KEY (tenant_id, as_of)
);

CREATE TABLE anomalies (
  id uuid PRIMARY KEY,
  tenant_id text NOT NULL,
  day date NOT NULL,
  account_id text NOT NULL,
  region text NOT NULL,
  actor text NOT NULL,
  actor_kind text NOT NULL,
  resource_type text NOT NULL,
  severity text NOT NULL CHECK (severity IN ('low', 'medium', 'high', 'critical')),
  score double precision NOT NULL,
  first_event_time timestamptz NOT NULL,
  last_event_time timestamptz NOT NULL,
  trigger_event_id text NOT NULL,
  trigger_cost_event uuid NOT NULL,
  trigger_event_time timestamptz NOT NULL,
  hourly_cost numeric NOT NULL,
  projected_monthly_cost numeric NOT NULL,
  one_time_cost numeric NOT NULL,
  reasons jsonb NOT NULL,
  title text NOT NULL,
  revision int NOT NULL DEFAULT 1
);
CREATE INDEX ON anomalies (tenant_id, day);
CREATE INDEX ON anomalies (tenant_id, last_event_time DESC);

CREATE TABLE anomaly_events (
  anomaly_id uuid NOT NULL,
  cost_event_id uuid NOT NULL,
  tenant_id text NOT NULL,
  event_id text NOT NULL,
  day date NOT NULL,
  event_time timestamptz NOT NULL,
  PRIMARY KEY (anomaly_id, cost_event_id)
);
CREATE INDEX ON anomaly_events (tenant_id, day);
CREATE INDEX ON anomaly_events (cost_event_id);

-- The wall clock of an anomaly's first sight stays when its derived row is replaced.
CREATE TABLE anomaly_detections (
  anomaly_id uuid PRIMARY KEY,
  tenant_id text NOT NULL,
  detected_at timestamptz NOT NULL,
  backfilled boolean NOT NULL
);

CREATE TABLE feedback (
  feedback_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  tenant_id text NOT NULL,
  anomaly_id uuid,
  pattern jsonb,
  decision text NOT NULL CHECK (decision IN
    ('acknowledged', 'expected', 'snoozed', 'resolved', 'reopened', 'comment')),
  comment text,
  decided_by text NOT NULL,
  decided_at timestamptz NOT NULL DEFAULT now(),
  until timestamptz,
  CHECK (anomaly_id IS NOT NULL OR pattern IS NOT NULL)
);
CREATE INDEX ON feedback (tenant_id, anomaly_id);

CREATE TABLE alerts (
  alert_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  tenant_id text NOT NULL,
  anomaly_id uuid NOT NULL,
  revision int NOT NULL,
  channel text NOT NULL,
  state text NOT NULL DEFAULT 'queued' CHECK (state IN ('queued', 'sent', 'failed', 'folded')),
  severity text NOT NULL,
  hourly_cost numeric NOT NULL,
  attempts int NOT NULL DEFAULT 0,
  dedup_key text NOT NULL UNIQUE,
  next_attempt_at timestamptz NOT NULL DEFAULT now(),
  error text,
  created_at timestamptz NOT NULL DEFAULT now(),
  sent_at timestamptz,
  payload jsonb NOT NULL DEFAULT '{}'
);
CREATE INDEX ON alerts (tenant_id, anomaly_id);
CREATE INDEX ON alerts (tenant_id, next_attempt_at) WHERE state = 'queued';

CREATE TABLE inventory (
  tenant_id text NOT NULL,
  account_id text NOT NULL,
  region text NOT NULL,
  day date NOT NULL,
  api text NOT NULL,
  answer bytea,
  error text,
  fetched_at timestamptz NOT NULL,
  PRIMARY KEY (tenant_id, account_id, region, day, api)
);
CREATE INDEX ON inventory (tenant_id, day);

CREATE TABLE zombies (
  tenant_id text NOT NULL,
  day date NOT NULL,
  check_name text NOT NULL,
  resource_id text NOT NULL,
  account_id text NOT NULL,
  region text NOT NULL,
  resource_type text NOT NULL,
  title text NOT NULL,
  idle_since timestamptz,
  evidence jsonb NOT NULL DEFAULT '{}',
  monthly_cost numeric,
  creator text,
  confidence text NOT NULL,
  remediation text NOT NULL,
  PRIMARY KEY (tenant_id, day, check_name, resource_id)
);

CREATE TABLE zombie_ignores (
  tenant_id text NOT NULL,
  check_name text NOT NULL,
  resource_id text NOT NULL,
  until timestamptz NOT NULL,
  by text NOT NULL,
  at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (tenant_id, check_name, resource_id)
);

CREATE TABLE price_book (
  service text NOT NULL,
  region text NOT NULL,
  resource_type text NOT NULL,
  attributes text NOT NULL,
  valid_from date NOT NULL,
  usd numeric NOT NULL,
  unit text NOT NULL,
  source text NOT NULL,
  as_of date NOT NULL,
  PRIMARY KEY (service, region, resource_type, attributes, valid_from)
);

CREATE TABLE digests (
  tenant_id text NOT NULL,
  day date NOT NULL,
  path text NOT NULL,
  written_at timestamptz NOT NULL DEFAULT now(),
  sent_at timestamptz,
  PRIMARY KEY (tenant_id, day)
);

CREATE TABLE users (
  user_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  tenant_id text NOT NULL REFERENCES tenants,
  email text NOT NULL UNIQUE,
  password_hash text NOT NULL,
  role text NOT NULL CHECK (role IN ('viewer', 'operator', 'admin')),
  created_at timestamptz NOT NULL DEFAULT now(),
  disabled_at timestamptz
);

CREATE TABLE governance (
  tenant_id text NOT NULL,
  key text NOT NULL,
  value jsonb NOT NULL,
  updated_by text NOT NULL,
  updated_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (tenant_id, key)
);

CREATE TABLE audit_log (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  tenant_id text NOT NULL,
  at timestamptz NOT NULL DEFAULT now(),
  who text NOT NULL,
  action text NOT NULL,
  details jsonb NOT NULL DEFAULT '{}'
);

CREATE TABLE pipeline_failures (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  run_id text NOT NULL,
  asset text,
  message text NOT NULL,
  at timestamptz NOT NULL DEFAULT now()
);

DO $$
DECLARE name text;
BEGIN
  FOR name IN
    SELECT table_name FROM information_schema.columns
    WHERE table_schema = 'public' AND column_name = 'tenant_id'
  LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
    EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', name);
    EXECUTE format('CREATE POLICY own_rows ON %I TO cost_app
      USING (tenant_id = current_setting(''app.tenant_id'', true))', name);
    EXECUTE format('CREATE POLICY owner_rows ON %I TO %I USING (true)', name, current_user);
  END LOOP;
END $$;

GRANT USAGE ON SCHEMA public TO cost_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO cost_app;
GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO cost_app;
REVOKE INSERT, UPDATE, DELETE ON tenants FROM cost_app;
REVOKE UPDATE, DELETE ON audit_log FROM cost_app;
REVOKE ALL ON alembic_version FROM cost_app;

INSERT INTO tenants (tenant_id, name) VALUES ('default', 'Default');
