"""EC2 instances stopped for long: their volumes go on billing."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime

from cost_pipeline.zombies.bills import volume_bill
from cost_pipeline.zombies.model import Candidate, Check, CheckMeta, Threshold
from cost_pipeline.zombies.view import View, tags_of, when

META = CheckMeta(
    name="instance_stopped",
    title="Stopped instance with volumes",
    service="ec2",
    resource_type="ec2_instance",
    calls=("ec2:DescribeInstances", "ec2:DescribeVolumes"),
    thresholds={"min_idle_days": Threshold(30, "days", "Trusted Advisor's, the longest in use")},
    waste="its volumes: GB × price of the type",
    cli="aws ec2 terminate-instances --instance-ids {id} --region {region}",
    terraform="remove the aws_instance; aws_ami_from_instance keeps a copy",
    confidence="high",
    source="Trusted Advisor (stopped over 30 days), thrifty (volumes on stopped instances)",
    idle_events=("StopInstances",),
)
_STOPPED_AT = re.compile(r"\((\d{4}-\d\d-\d\d \d\d:\d\d:\d\d) GMT\)")


def candidates(view: View) -> Iterator[Candidate]:
    """Stopped instances that still have volumes."""
    volumes = {volume["VolumeId"]: volume for volume in view.items("ec2:DescribeVolumes")}
    for instance in view.items("ec2:DescribeInstances"):
        if instance.get("State", {}).get("Name") != "stopped":
            continue
        mapped = (m.get("Ebs", {}).get("VolumeId") for m in instance.get("BlockDeviceMappings", ()))
        kept = [volumes[name] for name in mapped if name in volumes]
        if kept:
            yield Candidate(
                resource_id=instance["InstanceId"],
                bills=tuple(volume_bill(volume) for volume in kept),
                created_at=when(instance.get("LaunchTime")),
                idle_since=_stopped_at(instance.get("StateTransitionReason", "")),
                tags=tags_of(instance),
                facts={"type": instance.get("InstanceType"), "volumes": len(kept)},
            )


def _stopped_at(reason: str) -> datetime | None:
    match = _STOPPED_AT.search(reason)
    return when(match[1]) if match else None


CHECK = Check(META, candidates)
