"""Cache nodes that run on and on at the price on demand."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from cost_pipeline.core.calls import Attribute
from cost_pipeline.zombies.model import Candidate, Check, CheckMeta, Threshold
from cost_pipeline.zombies.unreserved import active, long_enough, unreserved
from cost_pipeline.zombies.view import View, number, when

META = CheckMeta(
    name="cache_unreserved",
    title="Cache nodes without a reservation",
    service="elasticache",
    resource_type="elasticache_cluster",
    calls=("elasticache:DescribeCacheClusters", "elasticache:DescribeReservedCacheNodes"),
    thresholds={
        "min_days": Threshold(90, "days that it runs", "thrifty's"),
        "saves": Threshold(30, "% of the price", "about what a year without upfront saves"),
    },
    waste="nodes × price × 730 × 30 %: about what a reservation for a year saves",
    cli="aws elasticache describe-reserved-cache-nodes-offerings --region {region}  # for {name}",
    terraform="commitments are bought, not built: none",
    confidence="review",
    source="thrifty: over 90 days old without reserved cache nodes",
)


def candidates(view: View) -> Iterator[Candidate]:
    """Nodes that have run for long, by type and engine, less what is reserved of the type."""
    reserved = active(
        view, "elasticache:DescribeReservedCacheNodes", "CacheNodeType", "CacheNodeCount"
    )
    running: dict[tuple[str, str], Decimal] = {}
    for cluster in view.items("elasticache:DescribeCacheClusters"):
        made = when(cluster.get("CacheClusterCreateTime"))
        key = cluster["CacheNodeType"], cluster["Engine"]
        if cluster.get("CacheClusterStatus") == "available" and long_enough(view, made):
            nodes = number(cluster.get("NumCacheNodes", 1))
            running[key] = running.get(key, Decimal(0)) + nodes
    for (name, engine), number_of in running.items():
        attributes: dict[str, Attribute] = {"class": name, "engine": engine}
        yield from unreserved(view, f"{name} {engine}", attributes, number_of, reserved, name)


CHECK = Check(META, candidates)
