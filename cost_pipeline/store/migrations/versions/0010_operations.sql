-- A month of events that no tenant keeps any longer goes as a whole: dropping a partition leaves
-- nothing behind for vacuum. Only the owner of the tables may, and only through these functions.
CREATE FUNCTION cost_events_months()
RETURNS TABLE (name text, until timestamptz)
LANGUAGE sql STABLE SET search_path = public, pg_temp AS $$
  SELECT c.relname::text,
    (regexp_match(pg_get_expr(c.relpartbound, c.oid), 'TO \(''([^'']+)''\)'))[1]::timestamptz
  FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
  WHERE i.inhparent = 'cost_events'::regclass AND pg_get_expr(c.relpartbound, c.oid) <> 'DEFAULT'
  ORDER BY 2
$$;

CREATE FUNCTION drop_cost_events_before(horizon timestamptz) RETURNS int
LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
DECLARE
  month text;
  dropped int := 0;
BEGIN
  FOR month IN SELECT m.name FROM cost_events_months() m WHERE m.until <= horizon LOOP
    EXECUTE format('DROP TABLE %I', month);
    dropped := dropped + 1;
  END LOOP;
  RETURN dropped;
END $$;
REVOKE EXECUTE ON FUNCTION drop_cost_events_before FROM PUBLIC;

-- A way of connecting that somebody went: what was found, what it is estimated to take, how far
-- its backfill is, and what came of it. One row for each attempt.
CREATE TABLE onboarding (
  onboarding_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  tenant_id text NOT NULL,
  way text NOT NULL CHECK (way IN ('agent', 'bucket', 'role', 'folder')),
  place text NOT NULL,
  state text NOT NULL DEFAULT 'checking' CHECK (state IN
    ('checking', 'blocked', 'estimated', 'waiting', 'reading', 'done', 'failed')),
  found jsonb NOT NULL DEFAULT '{}',
  estimate jsonb NOT NULL DEFAULT '{}',
  progress jsonb NOT NULL DEFAULT '{}',
  result jsonb NOT NULL DEFAULT '{}',
  since date,
  until date,
  trail_id bigint,
  error text,
  started_by text NOT NULL,
  started_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  finished_at timestamptz
);
CREATE INDEX ON onboarding (tenant_id, onboarding_id DESC);

-- What was tried, in order: one call each, with what is missing and how to mend it.
CREATE TABLE onboarding_steps (
  onboarding_id bigint NOT NULL REFERENCES onboarding ON DELETE CASCADE,
  position int NOT NULL,
  tenant_id text NOT NULL,
  permission text NOT NULL,
  level text NOT NULL CHECK (level IN ('ok', 'skipped', 'warning', 'error')),
  finding text NOT NULL,
  mend text NOT NULL DEFAULT '',
  at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (onboarding_id, position)
);
SELECT wall_off('onboarding');
SELECT wall_off('onboarding_steps');

-- What people ask of the pipeline in the app, which itself calls nobody.
CREATE TABLE requests (
  request_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  tenant_id text NOT NULL REFERENCES tenants,
  kind text NOT NULL CHECK (kind IN ('account', 'digest', 'channel')),
  subject text NOT NULL,
  asked_by text NOT NULL,
  asked_at timestamptz NOT NULL DEFAULT now(),
  answered_at timestamptz,
  ok boolean,
  answer text
);
CREATE INDEX ON requests (tenant_id, kind, subject, request_id DESC);
CREATE INDEX ON requests (tenant_id, request_id) WHERE answered_at IS NULL;
SELECT wall_off('requests');

-- Exploring adds up days from the indexes alone.
DROP INDEX cost_events_tenant_id_partition_day_idx;
CREATE INDEX cost_events_explored ON cost_events (tenant_id, partition_day)
  INCLUDE (account_id, region, service, resource_type, actor, event_name, one_time_cost);
DROP INDEX resource_spans_tenant_id_partition_day_idx;
CREATE INDEX resource_spans_explored ON resource_spans (tenant_id, partition_day)
  INCLUDE (account_id, region, service, resource_type, actor, delta);
