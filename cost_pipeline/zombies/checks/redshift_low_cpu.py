"""Redshift clusters that somebody connects to, and that compute next to nothing."""

from __future__ import annotations

from collections.abc import Iterator

from cost_pipeline.zombies.families import redshift_clusters
from cost_pipeline.zombies.model import Candidate, Check, CheckMeta, Metric, Threshold
from cost_pipeline.zombies.view import View

META = CheckMeta(
    name="redshift_low_cpu",
    title="Redshift cluster without work",
    service="redshift",
    resource_type="redshift_cluster",
    calls=("redshift:DescribeClusters",),
    thresholds={
        "min_age_days": Threshold(7, "days"),
        "lookback_days": Threshold(7, "days", "Trusted Advisor's"),
        "max_cpu": Threshold(5, "% on average of any day", "Trusted Advisor's; thrifty: 20"),
    },
    waste="nodes × price of the type × 730 hours",
    cli="aws redshift pause-cluster --cluster-identifier {name} --region {region}",
    terraform="remove the aws_redshift_cluster, or let an aws_redshift_scheduled_action pause it",
    confidence="medium",
    source="Trusted Advisor (CPU under 5 % for 99 % of 7 days), thrifty",
    metrics=(
        Metric("AWS/Redshift", "CPUUtilization", "Average", "max_cpu", "max", missing="unknown"),
    ),
)


def candidates(view: View) -> Iterator[Candidate]:
    """Available clusters."""
    return redshift_clusters(view)


CHECK = Check(META, candidates)
