-- Half of what writing an event took went into indexes that nothing reads by: an event is looked up
-- by its time and id, by its day or by its time, and of `data` by the workload alone, which few say.
DROP INDEX cost_events_id_idx;
DROP INDEX cost_events_object_id_idx;
DROP INDEX cost_events_data_idx;
CREATE INDEX cost_events_workload ON cost_events (tenant_id, account_id, (data->>'workload'))
  WHERE data->>'workload' IS NOT NULL;
DROP INDEX refused_calls_object_id_idx;
