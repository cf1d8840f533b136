"""Memcached nodes of ElastiCache that nobody reads."""

from __future__ import annotations

from collections.abc import Iterator

from cost_pipeline.zombies.families import cache_clusters
from cost_pipeline.zombies.model import Candidate, Check, CheckMeta, Metric, Threshold
from cost_pipeline.zombies.view import View

META = CheckMeta(
    name="memcached_idle",
    title="Memcached cache without reads",
    service="elasticache",
    resource_type="elasticache_cluster",
    calls=("elasticache:DescribeCacheClusters",),
    thresholds={
        "min_age_days": Threshold(7, "days"),
        "lookback_days": Threshold(14, "days", "Compute Optimizer's"),
        "max_reads": Threshold(0, "hits and misses in all"),
    },
    waste="nodes × price of the type × 730 hours",
    cli=(
        "aws elasticache delete-cache-cluster --cache-cluster-id {name} --region "
        "{region}  # delete-replication-group for a member of one"
    ),
    terraform="remove the aws_elasticache_cluster or aws_elasticache_replication_group",
    confidence="high",
    source="Compute Optimizer's list; hits + misses = 0, because monitoring itself connects",
    metrics=(
        Metric("AWS/ElastiCache", "GetHits", "Sum", "max_reads", missing="unknown"),
        Metric("AWS/ElastiCache", "GetMisses", "Sum", "max_reads"),
    ),
)


def candidates(view: View) -> Iterator[Candidate]:
    """Available clusters of this engine."""
    yield from cache_clusters(view, "memcached")


CHECK = Check(META, candidates)
