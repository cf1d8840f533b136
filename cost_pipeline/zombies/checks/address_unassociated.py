"""Elastic IP addresses that no interface uses."""

from __future__ import annotations

from collections.abc import Iterator

from cost_pipeline.zombies.model import Bills, Candidate, Check, CheckMeta, Threshold
from cost_pipeline.zombies.view import View, tags_of

META = CheckMeta(
    name="address_unassociated",
    title="Unassociated Elastic IP address",
    service="vpc",
    resource_type="elastic_ip",
    calls=("ec2:DescribeAddresses",),
    thresholds={
        "min_idle_days": Threshold(1, "days", "long enough for an address being moved"),
    },
    waste="0.005 USD an hour, as for every public IPv4 address",
    cli="aws ec2 release-address --allocation-id {id} --region {region}",
    terraform="remove the aws_eip, or associate it with aws_eip_association",
    confidence="high",
    source="thrifty, cloud-custodian, Trusted Advisor: no association",
    idle_events=("AllocateAddress", "DisassociateAddress", "TerminateInstances"),
)


def candidates(view: View) -> Iterator[Candidate]:
    """Addresses without an association; the API does not say since when."""
    for address in view.items("ec2:DescribeAddresses"):
        if address.get("AssociationId") or address.get("InstanceId"):
            continue
        yield Candidate(
            resource_id=address.get("AllocationId") or address["PublicIp"],
            bills=(Bills("elastic_ip"),),
            tags=tags_of(address),
            facts={"public_ip": address.get("PublicIp")},
        )


CHECK = Check(META, candidates)
