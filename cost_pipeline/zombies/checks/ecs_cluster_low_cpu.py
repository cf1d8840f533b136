"""ECS clusters on machines of their own that compute little."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from cost_pipeline.zombies.model import Bills, Candidate, Check, CheckMeta, Metric, Threshold
from cost_pipeline.zombies.view import View, number, tags_of

META = CheckMeta(
    name="ecs_cluster_low_cpu",
    title="ECS cluster with little work",
    service="ecs",
    resource_type="ecs_cluster",
    calls=("ecs:DescribeClusters",),
    thresholds={
        "lookback_days": Threshold(30, "days", "thrifty's"),
        "max_cpu": Threshold(20, "% peak of any day", "thrifty's alarm"),
    },
    waste="none known: its machines have checks of their own",
    cli="aws ecs describe-clusters --clusters {name} --region {region} --include STATISTICS",
    terraform="lower min_size of the aws_autoscaling_group behind it, or let an "
    "aws_ecs_capacity_provider scale it",
    confidence="review",
    source="thrifty: CPU under 20 % for 30 days",
    metrics=(Metric("AWS/ECS", "CPUUtilization", "Maximum", "max_cpu", "max", missing="unknown"),),
)


def candidates(view: View) -> Iterator[Candidate]:
    """Active clusters with container instances; Fargate's services have a check of their own."""
    for cluster in view.items("ecs:DescribeClusters"):
        machines = number(cluster.get("registeredContainerInstancesCount"))
        if cluster.get("status") != "ACTIVE" or not machines:
            continue
        yield Candidate(
            resource_id=cluster["clusterArn"],
            name=cluster["clusterName"],
            bills=(Bills("ecs_cluster", usd_month=Decimal(0)),),
            tags=tags_of(cluster),
            dimensions={"ClusterName": cluster["clusterName"]},
            facts={"machines": str(machines)},
        )


CHECK = Check(META, candidates)
