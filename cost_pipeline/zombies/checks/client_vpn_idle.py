"""Client VPN endpoints that nobody connects to: each associated subnet bills."""

from __future__ import annotations

from collections.abc import Iterator

from cost_pipeline.zombies.model import Bills, Candidate, Check, CheckMeta, Metric, Threshold
from cost_pipeline.zombies.view import View, number, tags_of, when

META = CheckMeta(
    name="client_vpn_idle",
    title="Client VPN without connections",
    service="vpc",
    resource_type="client_vpn_association",
    calls=("ec2:DescribeClientVpnEndpoints", "ec2:DescribeClientVpnTargetNetworks"),
    thresholds={
        "min_age_days": Threshold(14, "days"),
        "lookback_days": Threshold(30, "days"),
        "max_connections": Threshold(0, "connections at any moment"),
    },
    waste="associated subnets × 0.10 USD an hour",
    cli=(
        "aws ec2 disassociate-client-vpn-target-network --client-vpn-endpoint-id {id} "
        "--association-id ASSOCIATION --region {region}"
    ),
    terraform="remove the aws_ec2_client_vpn_network_association",
    confidence="high",
    source="our own: no other tool looks",
    metrics=(
        Metric("AWS/ClientVPN", "ActiveConnectionsCount", "Maximum", "max_connections", "max"),
    ),
)


def candidates(view: View) -> Iterator[Candidate]:
    """Endpoints with associated subnets; without any, nothing bills."""
    counts: dict[str, int] = {}
    for network in view.items("ec2:DescribeClientVpnTargetNetworks"):
        if network.get("Status", {}).get("Code", "associated") == "associated":
            name = network["ClientVpnEndpointId"]
            counts[name] = counts.get(name, 0) + 1
    for endpoint in view.items("ec2:DescribeClientVpnEndpoints"):
        name = endpoint["ClientVpnEndpointId"]
        if name in counts:
            yield Candidate(
                resource_id=name,
                bills=(Bills("client_vpn_association", quantity=number(counts[name])),),
                created_at=when(endpoint.get("CreationTime")),
                tags=tags_of(endpoint),
                dimensions={"Endpoint": name},
                facts={"subnets": counts[name]},
            )


CHECK = Check(META, candidates)
