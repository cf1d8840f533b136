"""RDS and Aurora instances that nobody connects to."""

from __future__ import annotations

from collections.abc import Iterator

from cost_pipeline.zombies.bills import database_bill
from cost_pipeline.zombies.families import OTHER_DATABASES
from cost_pipeline.zombies.model import Candidate, Check, CheckMeta, Metric, Threshold
from cost_pipeline.zombies.view import View, tags_of, when

META = CheckMeta(
    name="database_idle",
    title="Database without connections",
    service="rds",
    resource_type="rds_instance",
    calls=("rds:DescribeDBInstances",),
    thresholds={
        "min_age_days": Threshold(7, "days"),
        "lookback_days": Threshold(14, "days", "Compute Optimizer's; Trusted Advisor: 7"),
        "max_connections": Threshold(0, "connections at any moment"),
    },
    waste="price of class and engine × 730 (twice if Multi-AZ), plus storage",
    cli="aws rds delete-db-instance --db-instance-identifier {name} --region {region} "
    "--final-db-snapshot-identifier {name}-final",
    terraform="remove the aws_db_instance (or aws_rds_cluster_instance) with a final snapshot",
    confidence="high",
    source="Trusted Advisor, thrifty, cloud-custodian (missing-value 0): no connections",
    metrics=(Metric("AWS/RDS", "DatabaseConnections", "Maximum", "max_connections", "max"),),
)


def candidates(view: View) -> Iterator[Candidate]:
    """Available instances; a read replica may stand by for its source."""
    for database in view.items("rds:DescribeDBInstances"):
        if database.get("DBInstanceStatus") != "available" or database["Engine"] in OTHER_DATABASES:
            continue
        replica = database.get("ReadReplicaSourceDBInstanceIdentifier")
        yield Candidate(
            resource_id=database["DBInstanceArn"],
            name=database["DBInstanceIdentifier"],
            bills=(database_bill(database),),
            created_at=when(database.get("InstanceCreateTime")),
            tags=tags_of(database),
            dimensions={"DBInstanceIdentifier": database["DBInstanceIdentifier"]},
            facts={"class": database["DBInstanceClass"], "engine": database["Engine"]},
            doubt=f"A replica of {replica}: it may be standing by." if replica else None,
        )


CHECK = Check(META, candidates)
