"""DocumentDB instances that nobody uses."""

from __future__ import annotations

from collections.abc import Iterator

from cost_pipeline.zombies.families import clustered_databases
from cost_pipeline.zombies.model import Candidate, Check, CheckMeta, Metric, Threshold
from cost_pipeline.zombies.view import View

META = CheckMeta(
    name="documentdb_idle",
    title="DocumentDB instance without use",
    service="rds",
    resource_type="rds_instance",
    calls=("rds:DescribeDBInstances",),
    thresholds={
        "min_age_days": Threshold(7, "days"),
        "lookback_days": Threshold(14, "days", "Compute Optimizer's"),
        "max_use": Threshold(0, "connections at any moment"),
    },
    waste="price of the class × 730 hours",
    cli="aws docdb delete-db-instance --db-instance-identifier {name} --region {region}",
    terraform="remove the aws_docdb_cluster_instance",
    confidence="high",
    source="Compute Optimizer's list of idle databases",
    metrics=(Metric("AWS/DocDB", "DatabaseConnections", "Maximum", "max_use", "max"),),
)


def candidates(view: View) -> Iterator[Candidate]:
    """Available instances of this engine."""
    yield from clustered_databases(view, "docdb")


CHECK = Check(META, candidates)
