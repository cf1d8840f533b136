-- What is itself a definition and says the same as another: a template's default version.
ALTER TABLE resource_spans ADD COLUMN same_as text;
CREATE INDEX ON resource_spans (tenant_id, same_as) WHERE same_as IS NOT NULL;

-- How many resources stand behind an id that was made up, as their call's answer was left out.
ALTER TABLE resource_spans ADD COLUMN nameless numeric;
CREATE INDEX ON resource_spans (tenant_id, account_id, region, resource_type)
  WHERE nameless IS NOT NULL;
CREATE INDEX ON resource_spans (tenant_id, account_id, region, resource_type, from_time)
  WHERE action = 'stop';
