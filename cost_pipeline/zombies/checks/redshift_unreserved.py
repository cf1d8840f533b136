"""Redshift nodes that run on and on at the price on demand."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from cost_pipeline.zombies.model import Candidate, Check, CheckMeta, Threshold
from cost_pipeline.zombies.unreserved import active, long_enough, unreserved
from cost_pipeline.zombies.view import View, number, when

META = CheckMeta(
    name="redshift_unreserved",
    title="Redshift nodes without a reservation",
    service="redshift",
    resource_type="redshift_cluster",
    calls=("redshift:DescribeClusters", "redshift:DescribeReservedNodes"),
    thresholds={
        "min_days": Threshold(90, "days that it runs", "thrifty's"),
        "saves": Threshold(30, "% of the price", "about what a year without upfront saves"),
    },
    waste="nodes × price × 730 × 30 %: about what a reservation for a year saves",
    cli="aws redshift describe-reserved-node-offerings --region {region}  # for {name}",
    terraform="commitments are bought, not built: none",
    confidence="review",
    source="thrifty: over 90 days old without reserved nodes",
)


def candidates(view: View) -> Iterator[Candidate]:
    """Nodes that have run for long, by type, less what is reserved of it."""
    reserved = active(view, "redshift:DescribeReservedNodes", "NodeType", "NodeCount")
    running: dict[str, Decimal] = {}
    for cluster in view.items("redshift:DescribeClusters"):
        name = cluster["NodeType"]
        made = when(cluster.get("ClusterCreateTime"))
        if cluster.get("ClusterStatus") == "available" and long_enough(view, made):
            nodes = number(cluster.get("NumberOfNodes", 1))
            running[name] = running.get(name, Decimal(0)) + nodes
    for name, number_of in running.items():
        yield from unreserved(view, name, {"class": name}, number_of, reserved, name)


CHECK = Check(META, candidates)
