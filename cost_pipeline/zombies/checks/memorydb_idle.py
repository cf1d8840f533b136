"""MemoryDB clusters that nobody reads or writes."""

from __future__ import annotations

from collections.abc import Iterator

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
        Metric("AWS/MemoryDB", "GetTypeCmds", "Sum", "max_commands", missing="unknown"),
        Metric("AWS/MemoryDB", "SetTypeCmds", "Sum", "max_commands"),
    ),
)


def candidates(view: View) -> Iterator[Candidate]:
    """Available clusters, measured node by node."""
    for cluster in view.items("memorydb:DescribeClusters"):
        shards = cluster.get("Shards") or ()
        nodes = [node["Name"] for shard in shards for node in shard.get("Nodes", ())]
        if cluster.get("Status") != "available" or not nodes:
            continue
        name = cluster["Name"]
        series = [{"ClusterName": name, "NodeName": node} for node in nodes]
        yield Candidate(
            resource_id=cluster["ARN"],
            name=name,
            bills=(Bills("memorydb_cluster", {"class": cluster["NodeType"]}, number(len(nodes))),),
            dimensions=series[0],
            more_dimensions=tuple(series[1:]),
            facts={"type": cluster["NodeType"], "nodes": len(nodes)},
        )


CHECK = Check(META, candidates)
