"""Databases of versions that AWS supports for an extra charge only."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

from cost_pipeline.core.model import HOURS_PER_MONTH
from cost_pipeline.zombies.bills import vcpus
from cost_pipeline.zombies.model import Bills, Candidate, Check, CheckMeta, Threshold
from cost_pipeline.zombies.view import View, number, tags_of, when

META = CheckMeta(
    name="database_extended_support",
    title="Database in extended support",
    service="rds",
    resource_type="rds_instance",
    calls=("rds:DescribeDBInstances",),
    thresholds={
        "usd_vcpu_hour": Threshold(0.10, "USD", "us-east-1, for two years; then twice as much"),
    },
    waste="vCPUs × 0.10 USD an hour (0.20 from the third year; twice if Multi-AZ)",
    cli="aws rds modify-db-instance --db-instance-identifier {name} --engine-version NEWER "
    "--allow-major-version-upgrade --region {region}",
    terraform="raise engine_version on the aws_db_instance",
    confidence="high",
    source="thrifty (MySQL 5.7, PostgreSQL 11); here every version past its standard support",
)
_ENDED = {
    ("mysql", "5.7"): datetime(2024, 3, 1, tzinfo=UTC),
    ("mysql", "8.0"): datetime(2026, 8, 1, tzinfo=UTC),
    ("postgres", "11"): datetime(2024, 4, 1, tzinfo=UTC),
    ("postgres", "12"): datetime(2025, 3, 1, tzinfo=UTC),
    ("postgres", "13"): datetime(2026, 3, 1, tzinfo=UTC),
    ("aurora-mysql", "5.7"): datetime(2024, 12, 1, tzinfo=UTC),
    ("aurora-postgresql", "11"): datetime(2024, 4, 1, tzinfo=UTC),
    ("aurora-postgresql", "12"): datetime(2025, 3, 1, tzinfo=UTC),
    ("aurora-postgresql", "13"): datetime(2026, 3, 1, tzinfo=UTC),
}


def candidates(view: View) -> Iterator[Candidate]:
    """Instances by the first day of the charge for their major version."""
    for database in view.items("rds:DescribeDBInstances"):
        engine, version = database.get("Engine", ""), str(database.get("EngineVersion", ""))
        parts = 2 if "mysql" in engine else 1
        began = _ENDED.get((engine, ".".join(version.split(".")[:parts])))
        if began is None or began > view.now or database.get("DBInstanceStatus") == "deleting":
            continue
        twice = 2 if view.days_since(began) >= 730 else 1
        nodes = 2 if database.get("MultiAZ") else 1
        usd = number(view.limit("usd_vcpu_hour")) * vcpus(database["DBInstanceClass"])
        yield Candidate(
            resource_id=database["DBInstanceArn"],
            name=database["DBInstanceIdentifier"],
            bills=(Bills("rds_extended_support", usd_month=usd * twice * nodes * HOURS_PER_MONTH),),
            created_at=when(database.get("InstanceCreateTime")),
            idle_since=began,
            tags=tags_of(database),
            facts={"engine": engine, "version": version},
        )


CHECK = Check(META, candidates)
