"""EBS snapshots whose volume is gone, with no image to need them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from cost_pipeline.zombies.bills import snapshot_bill
from cost_pipeline.zombies.model import Candidate, Check, CheckMeta, Threshold
from cost_pipeline.zombies.view import View, tags_of, when

META = CheckMeta(
    name="snapshot_orphan",
    title="Orphaned EBS snapshot",
    service="ec2",
    resource_type="ebs_snapshot",
    calls=("ec2:DescribeSnapshots", "ec2:DescribeVolumes", "ec2:DescribeImages"),
    thresholds={
        "min_age_days": Threshold(
            30, "days", "a last copy kept on purpose is often wanted for a month"
        ),
        "max_age_days": Threshold(90, "days", "older ones are the check for old snapshots'"),
    },
    waste="GB × 0.05 USD: at most, because snapshots share blocks",
    cli="aws ec2 delete-snapshot --snapshot-id {id} --region {region}",
    terraform="remove the aws_ebs_snapshot",
    confidence="medium",
    source="cloud-custodian (unused snapshots), optscale (obsolete after 3 days: too eager)",
    idle_events=("DeleteVolume", "DeregisterImage"),
)


def candidates(view: View) -> Iterator[Candidate]:
    """Snapshots of a volume that is no more, behind no image, not made by AWS Backup."""
    volumes = {volume["VolumeId"] for volume in view.items("ec2:DescribeVolumes")}
    behind_images = {
        mapping.get("Ebs", {}).get("SnapshotId")
        for image in view.items("ec2:DescribeImages")
        for mapping in image.get("BlockDeviceMappings", ())
    }
    for snapshot in view.items("ec2:DescribeSnapshots"):
        made, tags = when(snapshot.get("StartTime")), tags_of(snapshot)
        kept = snapshot["SnapshotId"] in behind_images or "aws:backup:source-resource" in tags
        old = view.days_since(made) >= view.limit("max_age_days")
        if not kept and not old and snapshot.get("VolumeId") not in volumes:
            yield Candidate(
                resource_id=snapshot["SnapshotId"],
                bills=(snapshot_bill(snapshot),),
                created_at=made,
                tags=tags,
                related=_made_of(snapshot),
                facts={"size_gb": snapshot.get("VolumeSize"), "volume": snapshot.get("VolumeId")},
            )


def _made_of(snapshot: dict[str, Any]) -> tuple[str, ...]:
    """The image that it was made for, as its description says, and its volume."""
    images = re.findall(r"ami-[0-9a-f]+", str(snapshot.get("Description", "")))
    return (*images[:1], *(f"{image}:snapshots" for image in images[:1]), snapshot["VolumeId"])


CHECK = Check(META, candidates)
