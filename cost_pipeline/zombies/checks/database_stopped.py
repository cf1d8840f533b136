"""Stopped RDS instances: storage bills, and AWS starts them again after seven days."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal

from cost_pipeline.zombies.model import Bills, Candidate, Check, CheckMeta, Threshold
from cost_pipeline.zombies.view import View, number, tags_of, when

META = CheckMeta(
    name="database_stopped",
    title="Stopped database",
    service="rds",
    resource_type="rds_instance",
    calls=("rds:DescribeDBInstances",),
    thresholds={
        "min_idle_days": Threshold(1, "days", "AWS starts it again after 7"),
    },
    waste="GB × 0.115 USD (gp2, gp3), provisioned IOPS aside",
    cli=(
        "aws rds delete-db-instance --db-instance-identifier {name} --region {region} "
        "--final-db-snapshot-identifier {name}-final"
    ),
    terraform="remove the aws_db_instance with a final snapshot",
    confidence="high",
    source="our own: a stopped database restarts by itself and bills in full",
    idle_events=("StopDBInstance",),
)
_USD_GB = Decimal("0.115")


def candidates(view: View) -> Iterator[Candidate]:
    """Stopped instances; seven days before the automatic restart is when they stopped."""
    for database in view.items("rds:DescribeDBInstances"):
        if database.get("DBInstanceStatus") != "stopped":
            continue
        restart = when(database.get("AutomaticRestartTime"))
        size = number(database.get("AllocatedStorage"))
        yield Candidate(
            resource_id=database["DBInstanceArn"],
            name=database["DBInstanceIdentifier"],
            bills=(Bills("rds_instance", usd_month=size * _USD_GB),),
            created_at=when(database.get("InstanceCreateTime")),
            idle_since=restart - timedelta(days=7) if restart else None,
            tags=tags_of(database),
            facts={"restarts_at": restart.isoformat() if restart else None, "size_gb": str(size)},
        )


CHECK = Check(META, candidates)
