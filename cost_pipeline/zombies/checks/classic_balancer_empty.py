"""Classic load balancers without an instance."""

from __future__ import annotations

from collections.abc import Iterator

from cost_pipeline.zombies.model import Bills, Candidate, Check, CheckMeta, Threshold
from cost_pipeline.zombies.view import View, when

META = CheckMeta(
    name="classic_balancer_empty",
    title="Classic load balancer without instances",
    service="elb",
    resource_type="load_balancer",
    calls=("elb:DescribeLoadBalancers",),
    thresholds={
        "min_age_days": Threshold(3, "days", "time to set it up"),
    },
    waste="0.025 USD an hour",
    cli="aws elb delete-load-balancer --load-balancer-name {name} --region {region}",
    terraform="remove the aws_elb",
    confidence="high",
    source="Trusted Advisor, thrifty, cloud-custodian: Instances = []",
    idle_events=("CreateLoadBalancer", "DeregisterInstancesFromLoadBalancer"),
)


def candidates(view: View) -> Iterator[Candidate]:
    """Those with no instance registered."""
    for balancer in view.items("elb:DescribeLoadBalancers"):
        if not balancer.get("Instances"):
            name = balancer["LoadBalancerName"]
            yield Candidate(
                resource_id=view.arn("elasticloadbalancing", f"loadbalancer/{name}"),
                name=name,
                bills=(Bills("load_balancer", {"class": "classic"}),),
                created_at=when(balancer.get("CreatedTime")),
            )


CHECK = Check(META, candidates)
