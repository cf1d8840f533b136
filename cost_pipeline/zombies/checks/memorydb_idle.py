"""MemoryDB clusters that nobody reads or writes."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from cost_pipeline.zombies.model import Bills, Candidate, Check, CheckMeta, Metric, Threshold
from cost_pipeline.zombies.view import View, number

META = CheckMeta(
    name="memorydb_idle",
    title="MemoryDB cluster without commands",
    service="memorydb",
    resource_type="memorydb_cluster",
    calls=("memorydb:DescribeClusters",),
    thresholds={
        "min_age_days": Threshold(7, "days"),
        "lookback_days": Threshold(14, "days", "Compute Optimizer's"),
        "max_commands": Threshold(0, "commands in all"),
    },
    waste="nodes × price of the type × 730 hours",
    cli="aws memorydb delete-cluster --cluster-name {name} --region {region}",
    terraform="remove the aws_memorydb_cluster",
    confidence="high",
    source="Compute Optimizer's list of idle databases",
    metrics=(
        Metric("AWS/MemoryDB", "GetTypeCmds", "Sum", "max_commands"),
        Metric("AWS/MemoryDB", "SetTypeCmds", "Sum", "max_commands"),
    ),
)


def candidates(view: View) -> Iterator[Candidate]:
    """Available clusters; two nodes a shard where the shards are not told."""
    for cluster in view.items("memorydb:DescribeClusters"):
        if cluster.get("Status") != "available":
            continue
        shards = cluster.get("Shards") or ()
        nodes = sum((number(shard.get("NumberOfNodes")) for shard in shards), Decimal(0))
        nodes = nodes or number(cluster.get("NumberOfShards", 1))
        yield Candidate(
            resource_id=cluster["ARN"],
            name=cluster["Name"],
            bills=(Bills("memorydb_cluster", {"class": cluster["NodeType"]}, nodes),),
            dimensions={"ClusterName": cluster["Name"]},
            facts={"type": cluster["NodeType"], "nodes": str(nodes)},
        )


CHECK = Check(META, candidates)
