-- Why a run failed may name what only its tenant may see. Of those that are kept, for a fortnight,
-- nothing says whose they are; Dagster still has them.
DELETE FROM pipeline_failures;
ALTER TABLE pipeline_failures ADD COLUMN tenant_id text NOT NULL;
SELECT wall_off('pipeline_failures');
CREATE INDEX ON pipeline_failures (tenant_id, at DESC);
