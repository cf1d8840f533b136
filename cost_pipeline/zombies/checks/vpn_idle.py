"""Site-to-site VPN connections that carry nothing."""

from __future__ import annotations

from collections.abc import Iterator

from cost_pipeline.zombies.model import Bills, Candidate, Check, CheckMeta, Metric, Threshold
from cost_pipeline.zombies.view import View, tags_of

META = CheckMeta(
    name="vpn_idle",
    title="VPN connection without traffic",
    service="vpc",
    resource_type="vpn_connection",
    calls=("ec2:DescribeVpnConnections",),
    thresholds={
        "min_age_days": Threshold(14, "days"),
        "lookback_days": Threshold(30, "days"),
        "max_bytes": Threshold(1000000.0, "bytes a day"),
    },
    waste="0.05 USD an hour",
    cli="aws ec2 delete-vpn-connection --vpn-connection-id {id} --region {region}",
    terraform="remove the aws_vpn_connection",
    confidence="medium",
    source="Trusted Advisor's inactive VPN, with a floor for keep-alives",
    metrics=(
        Metric("AWS/VPN", "TunnelDataIn", "Sum", "max_bytes", "max"),
        Metric("AWS/VPN", "TunnelDataOut", "Sum", "max_bytes", "max"),
    ),
)


def candidates(view: View) -> Iterator[Candidate]:
    """Available connections; AWS does not say when they were made."""
    for connection in view.items("ec2:DescribeVpnConnections"):
        if connection.get("State") == "available":
            yield Candidate(
                resource_id=connection["VpnConnectionId"],
                bills=(Bills("vpn_connection"),),
                tags=tags_of(connection),
                dimensions={"VpnId": connection["VpnConnectionId"]},
                facts={"gateway": connection.get("CustomerGatewayId")},
                doubt="It may be a standby for a direct line.",
            )


CHECK = Check(META, candidates)
