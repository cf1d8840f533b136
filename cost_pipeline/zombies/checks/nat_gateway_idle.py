"""NAT gateways that pass next to no traffic."""

from __future__ import annotations

from collections.abc import Iterator

from cost_pipeline.zombies.model import Bills, Candidate, Check, CheckMeta, Metric, Threshold
from cost_pipeline.zombies.view import View, tags_of, when

META = CheckMeta(
    name="nat_gateway_idle",
    title="Idle NAT gateway",
    service="vpc",
    resource_type="nat_gateway",
    calls=("ec2:DescribeNatGateways", "ec2:DescribeRouteTables"),
    thresholds={
        "min_age_days": Threshold(7, "days"),
        "lookback_days": Threshold(32, "days", "Compute Optimizer's window for NAT gateways"),
        "max_bytes": Threshold(1e6, "bytes a day", "a few kB of time synchronisation hide a zero"),
    },
    waste="0.045 USD an hour",
    cli="aws ec2 delete-nat-gateway --nat-gateway-id {id} --region {region}",
    terraform="remove the aws_nat_gateway and the aws_route that names it",
    confidence="high",
    source="Compute Optimizer, Trusted Advisor (0 over 30–32 days), with a floor instead of 0",
    metrics=(
        Metric("AWS/NATGateway", "BytesOutToDestination", "Sum", "max_bytes", combine="max"),
        Metric("AWS/NATGateway", "BytesInFromDestination", "Sum", "max_bytes", combine="max"),
    ),
)


def candidates(view: View) -> Iterator[Candidate]:
    """Available gateways; one in a route table may be standing by for another zone."""
    routed = {
        route.get("NatGatewayId")
        for table in view.items("ec2:DescribeRouteTables")
        for route in table.get("Routes", ())
    }
    for gateway in view.items("ec2:DescribeNatGateways"):
        if gateway.get("State") != "available":
            continue
        name = gateway["NatGatewayId"]
        kind = gateway.get("ConnectivityType", "public")
        addresses = Bills("elastic_ip") if kind == "public" else None
        yield Candidate(
            resource_id=name,
            bills=tuple(filter(None, (Bills("nat_gateway", {"class": kind}), addresses))),
            created_at=when(gateway.get("CreateTime")),
            tags=tags_of(gateway),
            dimensions={"NatGatewayId": name},
            facts={"vpc": gateway.get("VpcId"), "in_route_table": name in routed},
            doubt="A route table names it: it may be standing by." if name in routed else None,
        )


CHECK = Check(META, candidates)
