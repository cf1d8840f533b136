"""Application, network and gateway load balancers with no target registered."""

from __future__ import annotations

from collections.abc import Iterator

from cost_pipeline.zombies.model import Bills, Candidate, Check, CheckMeta, Threshold
from cost_pipeline.zombies.view import View, when

META = CheckMeta(
    name="load_balancer_without_targets",
    title="Load balancer without targets",
    service="elb",
    resource_type="load_balancer",
    calls=(
        "elbv2:DescribeLoadBalancers",
        "elbv2:DescribeTargetGroups",
        "elbv2:DescribeTargetHealth",
    ),
    thresholds={"min_age_days": Threshold(3, "days", "time to set it up")},
    waste="0.0225 USD an hour (gateway 0.0125), before capacity units",
    cli="aws elbv2 delete-load-balancer --load-balancer-arn {id} --region {region}",
    terraform="remove the aws_lb with its aws_lb_listener and aws_lb_target_group",
    confidence="high",
    source="thrifty (no target registered), cloud-custodian (target-group count 0)",
    idle_events=("CreateLoadBalancer", "DeregisterTargets", "TerminateInstances"),
)


def candidates(view: View) -> Iterator[Candidate]:
    """Active load balancers whose target groups are all empty."""
    filled = {health["_of"]["TargetGroupArn"] for health in view.items(META.calls[2])}
    used: set[str] = set()
    grouped: set[str] = set()
    for group in view.items("elbv2:DescribeTargetGroups"):
        grouped.update(group.get("LoadBalancerArns", ()))
        if group["TargetGroupArn"] in filled:
            used.update(group.get("LoadBalancerArns", ()))
    for balancer in view.items("elbv2:DescribeLoadBalancers"):
        arn = balancer["LoadBalancerArn"]
        if arn in used or balancer.get("State", {}).get("Code", "active") != "active":
            continue
        kind = balancer.get("Type", "application")
        redirects = kind == "application" and arn not in grouped
        yield Candidate(
            resource_id=arn,
            name=balancer["LoadBalancerName"],
            bills=(Bills("load_balancer", {"class": kind}),),
            created_at=when(balancer.get("CreatedTime")),
            facts={"type": kind, "target_groups": arn in grouped},
            doubt="It has no target group: it may only redirect." if redirects else None,
        )


CHECK = Check(META, candidates)
