-- Sessions, tokens, breakers and flags.

-- A session carries the epoch of its user; raising it ends all of them.
ALTER TABLE users ADD COLUMN session_epoch int NOT NULL DEFAULT 0;
ALTER TABLE users ADD COLUMN password_changed_at timestamptz;

CREATE TABLE revoked_sessions (
  jti text PRIMARY KEY,
  tenant_id text NOT NULL,
  email text NOT NULL,
  expires_at timestamptz NOT NULL,
  revoked_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX ON revoked_sessions (expires_at);
SELECT wall_off('revoked_sessions');

-- Of whoever tries to log in, known or not: a hash of the address, or of where it comes from.
-- Nobody's tenant is known here, so the application's role sees none of it.
CREATE TABLE login_attempts (
  subject bytea PRIMARY KEY,
  failures int NOT NULL,
  last_at timestamptz NOT NULL,
  blocked_until timestamptz
);
CREATE INDEX ON login_attempts (last_at);

CREATE TABLE api_tokens (
  token_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  tenant_id text NOT NULL REFERENCES tenants,
  name text NOT NULL,
  token_hash bytea NOT NULL UNIQUE,
  scopes text[] NOT NULL,
  created_by text NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  expires_at timestamptz,
  last_used_at timestamptz,
  revoked_at timestamptz
);
CREATE UNIQUE INDEX ON api_tokens (tenant_id, name) WHERE revoked_at IS NULL;
SELECT wall_off('api_tokens');

-- An account may be entered by a role (preferred), or by keys that only their holder can read.
ALTER TABLE accounts ADD COLUMN keys_cipher text;
ALTER TABLE accounts ADD COLUMN keys_set_at timestamptz;

CREATE TABLE feature_flags (
  tenant_id text NOT NULL REFERENCES tenants,
  name text NOT NULL,
  enabled boolean NOT NULL,
  owner text NOT NULL,
  expires_at timestamptz NOT NULL,
  note text NOT NULL DEFAULT '',
  updated_by text NOT NULL,
  updated_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (tenant_id, name)
);
SELECT wall_off('feature_flags');

CREATE TABLE breakers (
  tenant_id text NOT NULL REFERENCES tenants,
  kind text NOT NULL CHECK (kind IN ('channel', 'account', 'signal')),
  name text NOT NULL,
  state text NOT NULL DEFAULT 'closed' CHECK (state IN ('closed', 'open', 'half-open')),
  failures int NOT NULL DEFAULT 0,
  trips int NOT NULL DEFAULT 0,
  reason text,
  opened_at timestamptz,
  retry_at timestamptz,
  told_at timestamptz,
  updated_by text NOT NULL DEFAULT 'pipeline',
  updated_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (tenant_id, kind, name)
);
SELECT wall_off('breakers');

CREATE INDEX ON audit_log (tenant_id, id DESC);
CREATE INDEX ON feedback (tenant_id, decided_at) WHERE decision = 'expected';
