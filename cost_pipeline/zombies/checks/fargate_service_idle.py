"""ECS services on Fargate whose tasks do nothing."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from cost_pipeline.core.calls import Attribute
from cost_pipeline.zombies.model import Bills, Candidate, Check, CheckMeta, Metric, Threshold
from cost_pipeline.zombies.view import View, number, tags_of, when

META = CheckMeta(
    name="fargate_service_idle",
    title="Idle Fargate service",
    service="ecs",
    resource_type="ecs_service",
    calls=("ecs:DescribeServices", "ecs:DescribeTaskDefinition"),
    thresholds={
        "min_age_days": Threshold(14, "days"),
        "lookback_days": Threshold(14, "days", "Compute Optimizer's"),
        "max_cpu": Threshold(1, "% peak"),
    },
    waste="tasks × (vCPU × 0.04048 + GB × 0.004445) × 730",
    cli=(
        "aws ecs update-service --cluster CLUSTER --service {name} --desired-count 0 "
        "--region {region}"
    ),
    terraform="set desired_count of the aws_ecs_service to 0",
    confidence="medium",
    source="Compute Optimizer (peak CPU under 1 %); its memory rule would hide idle Java services",
    metrics=(Metric("AWS/ECS", "CPUUtilization", "Maximum", "max_cpu", "max", missing="unknown"),),
)


def candidates(view: View) -> Iterator[Candidate]:
    """Services with tasks running on Fargate; the definition says how large a task is."""
    sizes = {d["taskDefinitionArn"]: d for d in view.items("ecs:DescribeTaskDefinition")}
    for service in view.items("ecs:DescribeServices"):
        tasks = number(service.get("runningCount"))
        size = sizes.get(service.get("taskDefinition"), {})
        if not tasks or not size.get("cpu") or not _on_fargate(service):
            continue
        name, cluster = service["serviceName"], service["clusterArn"].rpartition("/")[2]
        task: dict[str, Attribute] = {
            "launch_type": "fargate",
            "vcpu": number(size["cpu"]) / 1024,
            "memory_gb": number(size.get("memory")) / 1024,
        }
        yield Candidate(
            resource_id=service["serviceArn"],
            name=name,
            bills=(Bills("fargate_task", task, tasks),),
            created_at=when(service.get("createdAt")),
            tags=tags_of(service),
            dimensions={"ClusterName": cluster, "ServiceName": name},
            facts={"cluster": cluster, "tasks": str(tasks)},
        )


def _on_fargate(service: dict[str, Any]) -> bool:
    strategies = service.get("capacityProviderStrategy") or ()
    providers = {strategy.get("capacityProvider", "") for strategy in strategies}
    return service.get("launchType") == "FARGATE" or bool(providers & {"FARGATE", "FARGATE_SPOT"})


CHECK = Check(META, candidates)
