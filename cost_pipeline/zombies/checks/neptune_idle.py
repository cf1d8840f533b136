"""Neptune instances that nobody uses."""

from __future__ import annotations

from collections.abc import Iterator

from cost_pipeline.core.calls import Attribute
from cost_pipeline.zombies.model import Bills, Candidate, Check, CheckMeta, Metric, Threshold
from cost_pipeline.zombies.view import View, tags_of, when

META = CheckMeta(
    name="neptune_idle",
    title="Neptune instance without use",
    service="rds",
    resource_type="rds_instance",
    calls=("rds:DescribeDBInstances",),
    thresholds={
        "min_age_days": Threshold(7, "days"),
        "lookback_days": Threshold(14, "days", "Compute Optimizer's"),
        "max_use": Threshold(0, "requests in all"),
    },
    waste="price of the class × 730 hours",
    cli="aws neptune delete-db-instance --db-instance-identifier {name} --region {region}",
    terraform="remove the aws_neptune_cluster_instance",
    confidence="high",
    source="Compute Optimizer's list of idle databases",
    metrics=(Metric("AWS/Neptune", "TotalRequestsPerSec", "Sum", "max_use", "sum"),),
)


def candidates(view: View) -> Iterator[Candidate]:
    """Available instances of this engine; RDS lists them with its own."""
    for database in view.items("rds:DescribeDBInstances"):
        if database["Engine"] != "neptune" or database.get("DBInstanceStatus") != "available":
            continue
        attributes: dict[str, Attribute] = {
            "class": database["DBInstanceClass"],
            "engine": "neptune",
        }
        yield Candidate(
            resource_id=database["DBInstanceArn"],
            name=database["DBInstanceIdentifier"],
            bills=(Bills("rds_instance", attributes),),
            created_at=when(database.get("InstanceCreateTime")),
            tags=tags_of(database),
            dimensions={"DBInstanceIdentifier": database["DBInstanceIdentifier"]},
            facts={"class": database["DBInstanceClass"]},
        )


CHECK = Check(META, candidates)
