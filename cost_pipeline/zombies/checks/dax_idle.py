"""DynamoDB accelerators that nobody asks."""

from __future__ import annotations

from collections.abc import Iterator

from cost_pipeline.zombies.model import Bills, Candidate, Check, CheckMeta, Metric, Threshold
from cost_pipeline.zombies.view import View, number

META = CheckMeta(
    name="dax_idle",
    title="DAX cluster without requests",
    service="dax",
    resource_type="dax_cluster",
    calls=("dax:DescribeClusters",),
    thresholds={
        "min_age_days": Threshold(7, "days"),
        "lookback_days": Threshold(14, "days"),
        "max_requests": Threshold(0, "requests in all"),
    },
    waste="nodes × price of the type × 730 hours",
    cli="aws dax delete-cluster --cluster-name {name} --region {region}",
    terraform="remove the aws_dax_cluster",
    confidence="high",
    source="our own: no other tool looks",
    metrics=(Metric("AWS/DAX", "TotalRequestCount", "Sum", "max_requests"),),
)


def candidates(view: View) -> Iterator[Candidate]:
    """Available clusters."""
    for cluster in view.items("dax:DescribeClusters"):
        if cluster.get("Status") == "available":
            nodes = number(cluster.get("TotalNodes", 1))
            yield Candidate(
                resource_id=cluster["ClusterArn"],
                name=cluster["ClusterName"],
                bills=(Bills("dax_cluster", {"class": cluster["NodeType"]}, nodes),),
                dimensions={"ClusterId": cluster["ClusterName"]},
                facts={"type": cluster["NodeType"], "nodes": str(nodes)},
            )


CHECK = Check(META, candidates)
