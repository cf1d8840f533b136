-- Routing, quiet hours and links.

-- Where a tenant is told; beside these, every tenant has the channels of the environment.
-- config holds nothing secret; what is secret is encrypted with a key of the ring.
CREATE TABLE channels (
  tenant_id text NOT NULL REFERENCES tenants,
  name text NOT NULL CHECK (name ~ '^[a-z0-9][a-z0-9_-]{0,39}$'),
  kind text NOT NULL,
  config jsonb NOT NULL DEFAULT '{}',
  secrets_cipher text,
  wants text[] NOT NULL DEFAULT '{alerts}' CHECK (wants <@ '{alerts,daily,weekly}'),
  min_severity text NOT NULL DEFAULT 'medium'
    CHECK (min_severity IN ('low', 'medium', 'high', 'critical')),
  accounts text[] NOT NULL DEFAULT '{}',
  types text[] NOT NULL DEFAULT '{}',
  quiet_from time,
  quiet_until time,
  critical_breaks_quiet boolean NOT NULL DEFAULT true,
  hourly_limit int CHECK (hourly_limit > 0),
  updated_by text NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (tenant_id, name),
  CHECK ((quiet_from IS NULL) = (quiet_until IS NULL))
);
SELECT wall_off('channels');

-- A link decides once; opened again, it only says what became of it.
CREATE TABLE used_links (
  tenant_id text NOT NULL REFERENCES tenants,
  link text NOT NULL,
  anomaly_id uuid NOT NULL,
  decision text NOT NULL,
  used_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (tenant_id, link)
);
SELECT wall_off('used_links');

ALTER TABLE digests ADD COLUMN period text NOT NULL DEFAULT 'daily'
  CHECK (period IN ('daily', 'weekly'));
ALTER TABLE digests DROP CONSTRAINT digests_pkey;
ALTER TABLE digests ADD PRIMARY KEY (tenant_id, period, day);

CREATE INDEX ON alerts (tenant_id, channel, sent_at) WHERE state = 'sent';
CREATE INDEX ON alerts (tenant_id, (payload->>'fold')) WHERE payload ? 'fold';
