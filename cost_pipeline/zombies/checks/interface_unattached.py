"""Network interfaces attached to nothing."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from cost_pipeline.zombies.model import Bills, Candidate, Check, CheckMeta
from cost_pipeline.zombies.view import View, tags_of

META = CheckMeta(
    name="interface_unattached",
    title="Unattached network interface",
    service="vpc",
    resource_type="network_interface",
    calls=("ec2:DescribeNetworkInterfaces",),
    thresholds={},
    waste="nothing by itself; it keeps its address and security groups from being deleted",
    cli="aws ec2 delete-network-interface --network-interface-id {id} --region {region}",
    terraform="remove the aws_network_interface",
    confidence="medium",
    source="cloud-custodian: status available",
)


def candidates(view: View) -> Iterator[Candidate]:
    """Interfaces in state `available` that no service of AWS manages."""
    for interface in view.items("ec2:DescribeNetworkInterfaces"):
        if interface.get("Status") == "available" and not interface.get("RequesterManaged"):
            yield Candidate(
                resource_id=interface["NetworkInterfaceId"],
                bills=(Bills("network_interface", usd_month=Decimal(0)),),
                tags=tags_of(interface),
                facts={"vpc": interface.get("VpcId"), "about": interface.get("Description")},
            )


CHECK = Check(META, candidates)
