"""Memcached nodes of ElastiCache that nobody reads."""

from __future__ import annotations

from collections.abc import Iterator

from cost_pipeline.core.calls import Attribute
from cost_pipeline.zombies.model import Bills, Candidate, Check, CheckMeta, Metric, Threshold
from cost_pipeline.zombies.view import View, number, when

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
    """Available clusters; a replica serves no reads until it is promoted."""
    for cluster in view.items("elasticache:DescribeCacheClusters"):
        engine = cluster["Engine"]
        if engine != "memcached" or cluster.get("CacheClusterStatus") != "available":
            continue
        name, nodes = cluster["CacheClusterId"], number(cluster.get("NumCacheNodes", 1))
        attributes: dict[str, Attribute] = {"class": cluster["CacheNodeType"], "engine": engine}
        group = cluster.get("ReplicationGroupId")
        yield Candidate(
            resource_id=cluster.get("ARN") or view.arn("elasticache", f"cluster:{name}"),
            name=name,
            bills=(Bills("elasticache_cluster", attributes, nodes),),
            created_at=when(cluster.get("CacheClusterCreateTime")),
            dimensions={"CacheClusterId": name},
            facts={"type": cluster["CacheNodeType"], "replication_group": group},
            doubt=f"A member of {group}: it may be a replica." if group else None,
        )


CHECK = Check(META, candidates)
