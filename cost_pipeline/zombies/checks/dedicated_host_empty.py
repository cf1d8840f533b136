"""Dedicated hosts that no instance runs on."""

from __future__ import annotations

from collections.abc import Iterator

from cost_pipeline.zombies.model import Bills, Candidate, Check, CheckMeta, Threshold
from cost_pipeline.zombies.view import View, tags_of, when

META = CheckMeta(
    name="dedicated_host_empty",
    title="Empty dedicated host",
    service="ec2",
    resource_type="ec2_dedicated_host",
    calls=("ec2:DescribeHosts",),
    thresholds={
        "min_age_days": Threshold(1, "days"),
    },
    waste="price of the host's family × 730 hours",
    cli="aws ec2 release-hosts --host-ids {id} --region {region}",
    terraform="remove the aws_ec2_host",
    confidence="high",
    source="our own: no other tool looks",
    idle_events=("AllocateHosts", "TerminateInstances"),
)


def candidates(view: View) -> Iterator[Candidate]:
    """Available hosts without instances; a Mac host cannot be released within a day."""
    for host in view.items("ec2:DescribeHosts"):
        if host.get("State") != "available" or host.get("Instances"):
            continue
        traits = host.get("HostProperties", {})
        family = traits.get("InstanceFamily") or traits.get("InstanceType", "").partition(".")[0]
        yield Candidate(
            resource_id=host["HostId"],
            bills=(Bills("ec2_dedicated_host", {"class": family}),),
            created_at=when(host.get("AllocationTime")),
            tags=tags_of(host),
            facts={"family": family, "reservation": host.get("HostReservationId")},
            doubt="A reservation pays for it anyway." if host.get("HostReservationId") else None,
        )


CHECK = Check(META, candidates)
