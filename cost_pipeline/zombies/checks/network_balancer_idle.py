"""Network load balancers with targets that hardly anybody asks."""

from __future__ import annotations

from collections.abc import Iterator

from cost_pipeline.zombies.model import Bills, Candidate, Check, CheckMeta, Metric, Threshold
from cost_pipeline.zombies.view import View, when

META = CheckMeta(
    name="network_balancer_idle",
    title="Network load balancer without traffic",
    service="elb",
    resource_type="load_balancer",
    calls=(
        "elbv2:DescribeLoadBalancers",
        "elbv2:DescribeTargetGroups",
        "elbv2:DescribeTargetHealth",
    ),
    thresholds={
        "min_age_days": Threshold(7, "days"),
        "lookback_days": Threshold(7, "days", "Trusted Advisor's for Classic"),
        "max_requests": Threshold(100, "new flows a day"),
    },
    waste="0.0225 USD an hour, before capacity units",
    cli="aws elbv2 delete-load-balancer --load-balancer-arn {id} --region {region}",
    terraform="remove the aws_lb with its listeners and target groups",
    confidence="high",
    source="Trusted Advisor's rule for Classic (under 100 a day in 7 days), extended",
    metrics=(Metric("AWS/NetworkELB", "NewFlowCount", "Sum", "max_requests", "max"),),
)


def candidates(view: View) -> Iterator[Candidate]:
    """Active ones with targets; those without have a check of their own."""
    filled = {health["_of"]["TargetGroupArn"] for health in view.items(META.calls[2])}
    used = {
        arn
        for group in view.items("elbv2:DescribeTargetGroups")
        if group["TargetGroupArn"] in filled
        for arn in group.get("LoadBalancerArns", ())
    }
    for balancer in view.items("elbv2:DescribeLoadBalancers"):
        arn = balancer["LoadBalancerArn"]
        if balancer.get("Type") != "network" or arn not in used:
            continue
        yield Candidate(
            resource_id=arn,
            name=balancer["LoadBalancerName"],
            bills=(Bills("load_balancer", {"class": "network"}),),
            created_at=when(balancer.get("CreatedTime")),
            dimensions={"LoadBalancer": arn.partition(":loadbalancer/")[2]},
        )


CHECK = Check(META, candidates)
