"""EKS clusters of versions that AWS supports for six times the price."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

from cost_pipeline.core.model import HOURS_PER_MONTH
from cost_pipeline.zombies.model import Bills, Candidate, Check, CheckMeta, Threshold
from cost_pipeline.zombies.view import View, number, tags_of, when

META = CheckMeta(
    name="eks_extended_support",
    title="EKS cluster in extended support",
    service="eks",
    resource_type="eks_cluster",
    calls=("eks:DescribeCluster",),
    thresholds={"usd_hour": Threshold(0.50, "USD", "0.60 an hour instead of 0.10")},
    waste="0.50 USD an hour",
    cli="aws eks update-cluster-version --name {name} --kubernetes-version NEXT --region {region}",
    terraform="raise version on the aws_eks_cluster, one minor version at a time",
    confidence="high",
    source="cloudburn: a version past its standard support",
)
_ENDED = {
    "1.23": datetime(2023, 10, 11, tzinfo=UTC),
    "1.24": datetime(2024, 1, 31, tzinfo=UTC),
    "1.25": datetime(2024, 5, 1, tzinfo=UTC),
    "1.26": datetime(2024, 6, 11, tzinfo=UTC),
    "1.27": datetime(2024, 7, 24, tzinfo=UTC),
    "1.28": datetime(2024, 11, 26, tzinfo=UTC),
    "1.29": datetime(2025, 3, 23, tzinfo=UTC),
    "1.30": datetime(2025, 7, 23, tzinfo=UTC),
    "1.31": datetime(2025, 11, 26, tzinfo=UTC),
    "1.32": datetime(2026, 3, 23, tzinfo=UTC),
    "1.33": datetime(2026, 7, 29, tzinfo=UTC),
}


def candidates(view: View) -> Iterator[Candidate]:
    """Clusters by the last day of the standard support of their version."""
    for cluster in view.items("eks:DescribeCluster"):
        ended = _ENDED.get(str(cluster.get("version")))
        if ended is None or ended > view.now or cluster.get("status") == "DELETING":
            continue
        yield Candidate(
            resource_id=cluster["arn"],
            name=cluster["name"],
            bills=(
                Bills("eks_extended", usd_month=number(view.limit("usd_hour")) * HOURS_PER_MONTH),
            ),
            created_at=when(cluster.get("createdAt")),
            idle_since=ended,
            tags=tags_of(cluster),
            facts={"version": cluster.get("version")},
        )


CHECK = Check(META, candidates)
