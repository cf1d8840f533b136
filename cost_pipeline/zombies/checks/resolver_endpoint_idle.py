"""Route 53 Resolver endpoints that no query passes."""

from __future__ import annotations

from collections.abc import Iterator

from cost_pipeline.zombies.model import Bills, Candidate, Check, CheckMeta, Metric, Threshold
from cost_pipeline.zombies.view import View, number, when

META = CheckMeta(
    name="resolver_endpoint_idle",
    title="Resolver endpoint without queries",
    service="route53resolver",
    resource_type="resolver_endpoint",
    calls=("route53resolver:ListResolverEndpoints",),
    thresholds={
        "min_age_days": Threshold(14, "days"),
        "lookback_days": Threshold(14, "days"),
        "max_queries": Threshold(0, "queries in all"),
    },
    waste="interfaces × 0.125 USD an hour",
    cli=(
        "aws route53resolver delete-resolver-endpoint --resolver-endpoint-id {id} --region {region}"
    ),
    terraform="remove the aws_route53_resolver_endpoint",
    confidence="high",
    source="our own: no other tool looks",
    metrics=(
        Metric("AWS/Route53Resolver", "InboundQueryVolume", "Sum", "max_queries"),
        Metric("AWS/Route53Resolver", "OutboundQueryVolume", "Sum", "max_queries"),
    ),
)


def candidates(view: View) -> Iterator[Candidate]:
    """Working endpoints, a unit for each address."""
    for endpoint in view.items("route53resolver:ListResolverEndpoints"):
        if endpoint.get("Status") != "OPERATIONAL":
            continue
        count = number(endpoint.get("IpAddressCount"))
        yield Candidate(
            resource_id=endpoint["Id"],
            name=endpoint["Id"],
            bills=(Bills("resolver_endpoint", quantity=count),),
            created_at=when(endpoint.get("CreationTime")),
            dimensions={"EndpointId": endpoint["Id"]},
            facts={"direction": endpoint.get("Direction"), "interfaces": str(count)},
        )


CHECK = Check(META, candidates)
