-- Who launched it by its workload, when it stood out, and whether later files took it back.
ALTER TABLE anomalies ADD COLUMN workload text;
ALTER TABLE anomalies ADD COLUMN noticed_at timestamptz;
ALTER TABLE anomalies ADD COLUMN withdrawn_at timestamptz;

-- What each day adds to an anomaly; its totals are sums over these rows.
CREATE TABLE anomaly_days (
  anomaly_id uuid NOT NULL,
  tenant_id text NOT NULL,
  day date NOT NULL,
  hourly_cost numeric NOT NULL,
  one_time_cost numeric NOT NULL,
  severity text NOT NULL CHECK (severity IN ('low', 'medium', 'high', 'critical')),
  PRIMARY KEY (anomaly_id, day)
);
CREATE INDEX ON anomaly_days (tenant_id, day);
SELECT wall_off('anomaly_days');
INSERT INTO anomaly_days (anomaly_id, tenant_id, day, hourly_cost, one_time_cost, severity)
SELECT id, tenant_id, day, hourly_cost, one_time_cost, severity FROM anomalies;

-- An id that was told, and the anomaly that took its place when its trigger changed.
CREATE TABLE anomaly_aliases (
  alias_id uuid PRIMARY KEY,
  tenant_id text NOT NULL,
  anomaly_id uuid NOT NULL
);
SELECT wall_off('anomaly_aliases');

-- When what an event changes an hour was last worked out anew.
ALTER TABLE resource_spans ADD COLUMN derived_at timestamptz NOT NULL DEFAULT clock_timestamp();
CREATE INDEX ON resource_spans (tenant_id, partition_day, derived_at);

CREATE TABLE expected_changes (
  change_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  tenant_id text NOT NULL,
  since timestamptz NOT NULL,
  until timestamptz NOT NULL,
  account_id text,
  actor text,
  resource_type text,
  resource_class text,
  region text,
  resources numeric,
  hourly_cost numeric,
  source text NOT NULL,
  note text,
  registered_by text NOT NULL,
  registered_at timestamptz NOT NULL DEFAULT now(),
  cancelled_at timestamptz,
  CHECK (since <= until)
);
CREATE INDEX ON expected_changes (tenant_id, until);
SELECT wall_off('expected_changes');

ALTER TABLE feedback DROP CONSTRAINT feedback_decision_check;
ALTER TABLE feedback ADD CONSTRAINT feedback_decision_check CHECK (decision IN
  ('acknowledged', 'expected', 'mine', 'snoozed', 'resolved', 'reopened', 'comment'));

-- The application may change a tenant's thresholds, and nothing else of a tenant.
GRANT UPDATE (settings) ON tenants TO cost_app;
