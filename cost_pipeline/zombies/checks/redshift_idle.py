"""Redshift clusters that nobody connects to."""

from __future__ import annotations

from collections.abc import Iterator

from cost_pipeline.zombies.families import redshift_clusters
from cost_pipeline.zombies.model import Candidate, Check, CheckMeta, Metric, Threshold
from cost_pipeline.zombies.view import View

META = CheckMeta(
    name="redshift_idle",
    title="Redshift cluster without connections",
    service="redshift",
    resource_type="redshift_cluster",
    calls=("redshift:DescribeClusters",),
    thresholds={
        "min_age_days": Threshold(7, "days"),
        "lookback_days": Threshold(7, "days", "Trusted Advisor's"),
        "max_connections": Threshold(0, "connections at any moment"),
    },
    waste="nodes × price of the type × 730 hours",
    cli="aws redshift pause-cluster --cluster-identifier {name} --region {region}",
    terraform=(
        "remove the aws_redshift_cluster, or give it an aws_redshift_scheduled_action "
        "that pauses it"
    ),
    confidence="high",
    source="Trusted Advisor: no connection in 7 days",
    metrics=(Metric("AWS/Redshift", "DatabaseConnections", "Maximum", "max_connections", "max"),),
)


def candidates(view: View) -> Iterator[Candidate]:
    """Available clusters."""
    return redshift_clusters(view)


CHECK = Check(META, candidates)
