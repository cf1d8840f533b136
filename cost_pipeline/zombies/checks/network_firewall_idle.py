"""Network firewalls that see no packets: they bill by zone."""

from __future__ import annotations

from collections.abc import Iterator

from cost_pipeline.zombies.model import Bills, Candidate, Check, CheckMeta, Metric, Threshold
from cost_pipeline.zombies.view import View, number, tags_of

META = CheckMeta(
    name="network_firewall_idle",
    title="Network firewall without traffic",
    service="network-firewall",
    resource_type="network_firewall",
    calls=("network-firewall:DescribeFirewall",),
    thresholds={
        "min_age_days": Threshold(1, "days"),
        "lookback_days": Threshold(30, "days", "Trusted Advisor's"),
        "max_packets": Threshold(0, "packets in all"),
    },
    waste="zones × 0.395 USD an hour",
    cli="aws network-firewall delete-firewall --firewall-arn {id} --region {region}",
    terraform="remove the aws_networkfirewall_firewall",
    confidence="high",
    source="Trusted Advisor (0 bytes in 30 days on all endpoints)",
    metrics=(Metric("AWS/NetworkFirewall", "ReceivedPackets", "Sum", "max_packets"),),
)


def candidates(view: View) -> Iterator[Candidate]:
    """Firewalls with endpoints in at least one zone, measured in each."""
    for answer in view.items("network-firewall:DescribeFirewall"):
        firewall = answer["Firewall"]
        zones = sorted(answer.get("FirewallStatus", {}).get("SyncStates", {}))
        if not zones:
            continue
        name = firewall["FirewallName"]
        series = [
            {"AvailabilityZone": zone, "Engine": "Stateless", "FirewallName": name}
            for zone in zones
        ]
        yield Candidate(
            resource_id=firewall["FirewallArn"],
            name=name,
            bills=(Bills("network_firewall", quantity=number(len(zones))),),
            tags=tags_of(firewall),
            dimensions=series[0],
            more_dimensions=tuple(series[1:]),
            facts={"zones": zones},
        )


CHECK = Check(META, candidates)
