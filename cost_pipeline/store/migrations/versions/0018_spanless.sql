-- An event is found by the time that its spans tell; one that has none, by its id here. They are few.
CREATE INDEX cost_events_spanless ON cost_events (id)
  WHERE action IN ('purchase', 'signal') OR cardinality(resource_ids) = 0;
