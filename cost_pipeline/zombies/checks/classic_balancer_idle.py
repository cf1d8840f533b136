"""Classic load balancers that hardly anybody asks."""

from __future__ import annotations

from collections.abc import Iterator

from cost_pipeline.zombies.model import Bills, Candidate, Check, CheckMeta, Metric, Threshold
from cost_pipeline.zombies.view import View, when

META = CheckMeta(
    name="classic_balancer_idle",
    title="Classic load balancer without traffic",
    service="elb",
    resource_type="load_balancer",
    calls=("elb:DescribeLoadBalancers",),
    thresholds={
        "min_age_days": Threshold(7, "days"),
        "lookback_days": Threshold(7, "days", "Trusted Advisor's"),
        "max_requests": Threshold(100, "requests a day"),
    },
    waste="0.025 USD an hour",
    cli="aws elb delete-load-balancer --load-balancer-name {name} --region {region}",
    terraform="remove the aws_elb",
    confidence="high",
    source="Trusted Advisor: under 100 requests a day in 7 days",
    metrics=(Metric("AWS/ELB", "RequestCount", "Sum", "max_requests", "max"),),
)


def candidates(view: View) -> Iterator[Candidate]:
    """Those with instances; one of plain TCP counts no requests and is marked down."""
    for balancer in view.items("elb:DescribeLoadBalancers"):
        if not balancer.get("Instances"):
            continue
        name = balancer["LoadBalancerName"]
        listeners = [d.get("Listener", {}) for d in balancer.get("ListenerDescriptions", ())]
        tcp = any(listener.get("Protocol") in ("TCP", "SSL") for listener in listeners)
        yield Candidate(
            resource_id=view.arn("elasticloadbalancing", f"loadbalancer/{name}"),
            name=name,
            bills=(Bills("load_balancer", {"class": "classic"}),),
            created_at=when(balancer.get("CreatedTime")),
            dimensions={"LoadBalancerName": name},
            doubt="It listens to TCP, of which only connections count." if tcp else None,
        )


CHECK = Check(META, candidates)
