"""Neptune instances that nobody uses."""

from __future__ import annotations

from collections.abc import Iterator

from cost_pipeline.zombies.families import clustered_databases
from cost_pipeline.zombies.model import Candidate, Check, CheckMeta, Metric, Threshold
from cost_pipeline.zombies.view import View

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
    """Available instances of this engine."""
    yield from clustered_databases(view, "neptune")


CHECK = Check(META, candidates)
