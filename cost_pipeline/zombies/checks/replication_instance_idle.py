"""DMS replication instances without a running task."""

from __future__ import annotations

from collections.abc import Iterator

from cost_pipeline.core.calls import Attribute
from cost_pipeline.zombies.model import Bills, Candidate, Check, CheckMeta, Threshold
from cost_pipeline.zombies.view import View, number, when

META = CheckMeta(
    name="replication_instance_idle",
    title="Replication instance without tasks",
    service="dms",
    resource_type="dms_instance",
    calls=("dms:DescribeReplicationInstances", "dms:DescribeReplicationTasks"),
    thresholds={
        "min_age_days": Threshold(3, "days"),
    },
    waste="price of the class × 730 hours (twice if Multi-AZ), plus storage",
    cli="aws dms delete-replication-instance --replication-instance-arn {id} --region {region}",
    terraform="remove the aws_dms_replication_instance",
    confidence="high",
    source="our own: no other tool looks",
    idle_events=("StopReplicationTask", "DeleteReplicationTask"),
)


def candidates(view: View) -> Iterator[Candidate]:
    """Available instances of which no task runs or starts."""
    busy = {
        task["ReplicationInstanceArn"]
        for task in view.items("dms:DescribeReplicationTasks")
        if task.get("Status") in ("running", "starting", "creating", "modifying")
    }
    for instance in view.items("dms:DescribeReplicationInstances"):
        arn = instance["ReplicationInstanceArn"]
        if instance.get("ReplicationInstanceStatus") != "available" or arn in busy:
            continue
        attributes: dict[str, Attribute] = {
            "class": instance["ReplicationInstanceClass"],
            "multi_az": bool(instance.get("MultiAZ")),
            "size_gb": number(instance.get("AllocatedStorage")),
        }
        yield Candidate(
            resource_id=arn,
            name=instance["ReplicationInstanceIdentifier"],
            bills=(Bills("dms_instance", attributes),),
            created_at=when(instance.get("InstanceCreateTime")),
            facts={"class": instance["ReplicationInstanceClass"]},
        )


CHECK = Check(META, candidates)
