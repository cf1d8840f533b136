"""EBS volumes attached to nothing: they bill by size, used or not."""

from __future__ import annotations

from collections.abc import Iterator

from cost_pipeline.zombies.bills import volume_bill
from cost_pipeline.zombies.model import Candidate, Check, CheckMeta, Threshold
from cost_pipeline.zombies.view import View, tags_of, when

META = CheckMeta(
    name="ebs_unattached",
    title="Unattached EBS volume",
    service="ec2",
    resource_type="ebs_volume",
    calls=("ec2:DescribeVolumes",),
    thresholds={
        "min_idle_days": Threshold(7, "days", "Trusted Advisor's window; Compute Optimizer: 32"),
    },
    waste="GB × price of the type, plus IOPS and throughput above the free ones",
    cli="aws ec2 create-snapshot --volume-id {id} --region {region}  # a copy, if wanted\n"
    "aws ec2 delete-volume --volume-id {id} --region {region}",
    terraform="remove the aws_ebs_volume, or attach it with aws_volume_attachment",
    confidence="high",
    source="Trusted Advisor, Compute Optimizer, thrifty, cloud-custodian: attachments = []",
    idle_events=("DetachVolume", "TerminateInstances"),
)


def candidates(view: View) -> Iterator[Candidate]:
    """Volumes in state `available`."""
    for volume in view.items("ec2:DescribeVolumes"):
        if volume.get("State") == "available" and not volume.get("Attachments"):
            yield Candidate(
                resource_id=volume["VolumeId"],
                bills=(volume_bill(volume),),
                created_at=when(volume.get("CreateTime")),
                tags=tags_of(volume),
                facts={"size_gb": volume["Size"], "type": volume.get("VolumeType", "gp2")},
            )


CHECK = Check(META, candidates)
