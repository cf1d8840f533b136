-- Reservations as AWS lists them, by the id that their purchase has: its call does not say the price.
CREATE TABLE commitments (
  tenant_id text NOT NULL REFERENCES tenants,
  reservation_id text NOT NULL,
  upfront numeric NOT NULL,
  hourly numeric NOT NULL,
  years numeric NOT NULL,
  said text NOT NULL,
  began_at timestamptz NOT NULL,
  found_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (tenant_id, reservation_id)
);
SELECT wall_off('commitments');
