"""EBS volumes attached to a running instance that nothing reads or writes."""

from __future__ import annotations

from collections.abc import Iterator

from cost_pipeline.zombies.bills import volume_bill
from cost_pipeline.zombies.model import Candidate, Check, CheckMeta, Metric, Threshold
from cost_pipeline.zombies.view import View, tags_of, when

META = CheckMeta(
    name="ebs_no_io",
    title="Attached EBS volume without I/O",
    service="ec2",
    resource_type="ebs_volume",
    calls=("ec2:DescribeVolumes", "ec2:DescribeInstances"),
    thresholds={
        "min_age_days": Threshold(14, "days"),
        "lookback_days": Threshold(14, "days", "Compute Optimizer"),
        "max_ops": Threshold(1, "operations a day"),
    },
    waste="GB × price of the type, plus IOPS and throughput above the free ones",
    cli=(
        "aws ec2 detach-volume --volume-id {id} --region {region}\n"
        "aws ec2 create-snapshot --volume-id {id} --region {region}"
    ),
    terraform="remove the aws_volume_attachment and the aws_ebs_volume",
    confidence="medium",
    source=(
        "Compute Optimizer, Trusted Advisor (under 1 IOPS a day); thrifty's 100 would "
        "call quiet disks idle"
    ),
    metrics=(
        Metric("AWS/EBS", "VolumeReadOps", "Sum", "max_ops", "max", missing="unknown"),
        Metric("AWS/EBS", "VolumeWriteOps", "Sum", "max_ops", "max"),
    ),
)


def candidates(view: View) -> Iterator[Candidate]:
    """Volumes in use by instances that run; those of stopped ones have a check of their own."""
    running = {
        instance["InstanceId"]
        for instance in view.items("ec2:DescribeInstances")
        if instance.get("State", {}).get("Name") == "running"
    }
    for volume in view.items("ec2:DescribeVolumes"):
        if running.intersection(a.get("InstanceId") for a in volume.get("Attachments", ())):
            yield Candidate(
                resource_id=volume["VolumeId"],
                bills=(volume_bill(volume),),
                created_at=when(volume.get("CreateTime")),
                tags=tags_of(volume),
                dimensions={"VolumeId": volume["VolumeId"]},
                facts={"size_gb": volume["Size"], "type": volume.get("VolumeType", "gp2")},
            )


CHECK = Check(META, candidates)
