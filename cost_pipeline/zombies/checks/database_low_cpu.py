"""RDS instances that are far larger than their work: the next smaller class would do."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal

from cost_pipeline.zombies.bills import database_bill
from cost_pipeline.zombies.families import OTHER_DATABASES
from cost_pipeline.zombies.model import Candidate, Check, CheckMeta, Metric, Threshold
from cost_pipeline.zombies.view import View, tags_of, when

META = CheckMeta(
    name="database_low_cpu",
    title="Database with little work",
    service="rds",
    resource_type="rds_instance",
    calls=("rds:DescribeDBInstances",),
    thresholds={
        "min_age_days": Threshold(30, "days"),
        "lookback_days": Threshold(30, "days", "thrifty's"),
        "max_cpu": Threshold(25, "% peak of a day, on average", "thrifty's alarm"),
    },
    waste="half the price of class and engine × 730: what the next smaller class saves",
    cli="aws rds modify-db-instance --db-instance-identifier {name} --db-instance-class SMALLER "
    "--region {region}  # at the next maintenance window",
    terraform="set a smaller instance_class on the aws_db_instance",
    confidence="review",
    source="thrifty (25 % over 30 days); memory and connections are not looked at, so: to review",
    metrics=(Metric("AWS/RDS", "CPUUtilization", "Maximum", "max_cpu", "mean", missing="unknown"),),
)
_SMALLEST = ("micro", "small", "serverless")


def candidates(view: View) -> Iterator[Candidate]:
    """Available instances of a class that has a smaller one."""
    for database in view.items("rds:DescribeDBInstances"):
        if database.get("DBInstanceStatus") != "available" or database["Engine"] in OTHER_DATABASES:
            continue
        if database["DBInstanceClass"].rpartition(".")[2] in _SMALLEST:
            continue
        alone = {**database, "AllocatedStorage": 0, "Iops": None}
        yield Candidate(
            resource_id=database["DBInstanceArn"],
            name=database["DBInstanceIdentifier"],
            bills=(replace(database_bill(alone), quantity=Decimal("0.5")),),
            created_at=when(database.get("InstanceCreateTime")),
            tags=tags_of(database),
            dimensions={"DBInstanceIdentifier": database["DBInstanceIdentifier"]},
            facts={"class": database["DBInstanceClass"], "engine": database["Engine"]},
        )


CHECK = Check(META, candidates)
