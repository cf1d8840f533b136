"""Network load balancers with targets that hardly anybody asks."""

from __future__ import annotations

from collections.abc import Iterator

from cost_pipeline.zombies.families import balancers_with_targets
from cost_pipeline.zombies.model import Candidate, Check, CheckMeta, Metric, Threshold
from cost_pipeline.zombies.view import View

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
    """Active ones with targets."""
    yield from balancers_with_targets(view, "network")


CHECK = Check(META, candidates)
