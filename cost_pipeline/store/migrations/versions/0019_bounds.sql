-- What launched an anomaly's machines may be any call before them of a group that has launched
-- thousands; those that bound it are few.
CREATE INDEX cost_events_bounds ON cost_events (tenant_id, account_id, event_time)
  WHERE data ? 'worst_case_quantity';
