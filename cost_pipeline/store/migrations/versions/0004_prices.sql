-- Price history and discounts.
ALTER TABLE price_book ADD COLUMN basis text NOT NULL DEFAULT 'list'
  CHECK (basis IN ('list', 'estimated'));
CREATE INDEX ON price_book (resource_type, region);

-- One row for each offer of AWS's Price List that was taken in, or refused, and why.
CREATE TABLE price_refreshes (
  refresh_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  offer text NOT NULL,
  region text NOT NULL,
  version text NOT NULL,
  published date,
  state text NOT NULL CHECK (state IN ('loaded', 'refused', 'failed')),
  reason text,
  prices int NOT NULL DEFAULT 0,
  changed int NOT NULL DEFAULT 0,
  bytes bigint NOT NULL DEFAULT 0,
  since date,
  started_at timestamptz NOT NULL,
  finished_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX ON price_refreshes (offer, region, refresh_id DESC);

-- What a tenant pays less than the list, or a spot machine less than one on demand.
CREATE TABLE price_terms (
  term_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  tenant_id text NOT NULL REFERENCES tenants,
  kind text NOT NULL CHECK (kind IN ('service', 'savings_plan', 'enterprise', 'spot')),
  service text NOT NULL DEFAULT '*',
  rate numeric NOT NULL CHECK (rate BETWEEN 0 AND 1),
  valid_from date NOT NULL,
  valid_until date CHECK (valid_until >= valid_from),
  set_by text NOT NULL,
  set_at timestamptz NOT NULL DEFAULT now(),
  UNIQUE (tenant_id, kind, service, valid_from)
);
SELECT wall_off('price_terms');

-- Days whose events carry prices that have changed since, until all their files are read again;
-- `requested_at` is when a run for that was asked for.
CREATE TABLE days_to_reprice (
  tenant_id text NOT NULL,
  day date NOT NULL,
  queued_at timestamptz NOT NULL DEFAULT now(),
  requested_at timestamptz,
  PRIMARY KEY (tenant_id, day)
);
SELECT wall_off('days_to_reprice');

-- Changes whenever a price or a term does: what was priced with another number is out of date.
CREATE TABLE price_version (version bigint NOT NULL);
INSERT INTO price_version VALUES (1);
GRANT SELECT ON price_refreshes TO cost_app;
GRANT SELECT, UPDATE ON price_version TO cost_app;
GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO cost_app;
