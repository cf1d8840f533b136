"""Databases that run on and on at the price on demand."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from cost_pipeline.core.calls import Attribute
from cost_pipeline.zombies.families import OTHER_DATABASES
from cost_pipeline.zombies.model import Candidate, Check, CheckMeta, Threshold
from cost_pipeline.zombies.unreserved import active, long_enough, unreserved
from cost_pipeline.zombies.view import View, when

META = CheckMeta(
    name="database_unreserved",
    title="Databases without a reservation",
    service="rds",
    resource_type="rds_instance",
    calls=("rds:DescribeDBInstances", "rds:DescribeReservedDBInstances"),
    thresholds={
        "min_days": Threshold(90, "days that it runs", "thrifty's"),
        "saves": Threshold(30, "% of the price", "about what a year without upfront saves"),
    },
    waste="databases × price × 730 × 30 %: about what a reservation for a year saves",
    cli="aws rds describe-reserved-db-instances-offerings --region {region}  # for {name}",
    terraform="commitments are bought, not built: none",
    confidence="review",
    source="thrifty: over 90 days old without reserved database instances",
)


def candidates(view: View) -> Iterator[Candidate]:
    """Instances that have run for long, by class and engine, less what is reserved of the class.

    Without those that no reservation is offered for.
    """
    reserved = active(view, "rds:DescribeReservedDBInstances", "DBInstanceClass", "DBInstanceCount")
    running: dict[tuple[str, str], Decimal] = {}
    for database in view.items("rds:DescribeDBInstances"):
        made = when(database.get("InstanceCreateTime"))
        key = database["DBInstanceClass"], database["Engine"]
        if key[0] == "db.serverless" or key[1] in OTHER_DATABASES:
            continue
        if database.get("DBInstanceStatus") == "available" and long_enough(view, made):
            running[key] = running.get(key, Decimal(0)) + 1
    for (name, engine), number_of in running.items():
        attributes: dict[str, Attribute] = {"class": name, "engine": engine}
        yield from unreserved(view, f"{name} {engine}", attributes, number_of, reserved, name)


CHECK = Check(META, candidates)
