"""Elastic IP addresses of instances that are stopped."""

from __future__ import annotations

from collections.abc import Iterator

from cost_pipeline.zombies.model import Bills, Candidate, Check, CheckMeta, Threshold
from cost_pipeline.zombies.view import View, tags_of

META = CheckMeta(
    name="address_on_stopped_instance",
    title="Elastic IP address of a stopped instance",
    service="vpc",
    resource_type="elastic_ip",
    calls=("ec2:DescribeAddresses", "ec2:DescribeInstances"),
    thresholds={
        "min_idle_days": Threshold(7, "days"),
    },
    waste="0.005 USD an hour, as for every public IPv4 address",
    cli=(
        "aws ec2 disassociate-address --association-id ASSOCIATION --region {region}\n"
        "aws ec2 release-address --allocation-id {id} --region {region}"
    ),
    terraform="remove the aws_eip_association and the aws_eip",
    confidence="high",
    source="Trusted Advisor (not on a running instance)",
    idle_events=("StopInstances",),
)


def candidates(view: View) -> Iterator[Candidate]:
    """Addresses whose instance does not run; its own stop time is in its transition reason."""
    stopped = {
        instance["InstanceId"]
        for instance in view.items("ec2:DescribeInstances")
        if instance.get("State", {}).get("Name") == "stopped"
    }
    for address in view.items("ec2:DescribeAddresses"):
        if address.get("InstanceId") in stopped:
            yield Candidate(
                resource_id=address.get("AllocationId") or address["PublicIp"],
                bills=(Bills("elastic_ip"),),
                related=(address["InstanceId"],),
                tags=tags_of(address),
                facts={"instance": address["InstanceId"], "public_ip": address.get("PublicIp")},
            )


CHECK = Check(META, candidates)
