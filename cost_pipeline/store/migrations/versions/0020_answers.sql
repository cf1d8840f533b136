-- The workload that answers for what a service made; null where the actor answers.
ALTER TABLE anomalies ADD COLUMN who text;
UPDATE anomalies a SET who = workload
WHERE workload <> '' AND workload !~ '^(emr/|fleet-|sfr-|spot-)' AND (actor_kind = 'service'
  OR actor ~ '^(AWSServiceRoleFor|EMR_|aws-elasticbeanstalk|ecsInstanceRole)' OR EXISTS (
    SELECT FROM cost_events e WHERE e.tenant_id = a.tenant_id
      AND e.event_time = a.trigger_event_time AND e.id = a.trigger_cost_event
      AND e.data->>'invoked_by' NOT IN
        ('', 'cloudformation.amazonaws.com', 'servicecatalog.amazonaws.com')));
