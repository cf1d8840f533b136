-- What joins across records need: a span keeps what its event says of the number of units and of
-- the price of one, the definition that it refers to, and the rate that it defines itself. So a
-- call that says only the new number, or only names a definition, has a rate by its neighbours.
-- Volumes that a launch made end with their machine, when its end is final.
ALTER TABLE resource_spans
  ADD COLUMN units numeric,
  ADD COLUMN unit_rate numeric,
  ADD COLUMN defined_by text,
  ADD COLUMN defines_rate numeric,
  ADD COLUMN ends_with text,
  ADD COLUMN is_final boolean NOT NULL DEFAULT false;
CREATE INDEX ON resource_spans (tenant_id, defined_by) WHERE defined_by IS NOT NULL;
CREATE INDEX ON resource_spans (tenant_id, ends_with) WHERE ends_with IS NOT NULL;

UPDATE resource_spans s SET
  units = CASE WHEN s.action <> 'stop' AND s.rate_after IS NOT NULL THEN 1 END,
  unit_rate = CASE WHEN s.action <> 'stop' THEN s.rate_after END,
  defined_by = e.data->>'defined_by',
  defines_rate = (e.data->>'rate')::numeric
FROM cost_events e WHERE e.id = s.from_event AND e.event_time = s.from_time;

-- A copy has the size of its source, which earlier records tell, or else what is assumed.
ALTER TABLE resource_spans
  ADD COLUMN size_gb numeric,
  ADD COLUMN sized_by text,
  ADD COLUMN assumed_gb numeric;
CREATE INDEX ON resource_spans (tenant_id, sized_by) WHERE sized_by IS NOT NULL;
