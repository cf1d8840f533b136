"""EBS snapshots that are old and not behind a machine image."""

from __future__ import annotations

from collections.abc import Iterator

from cost_pipeline.zombies.bills import snapshot_bill
from cost_pipeline.zombies.model import Candidate, Check, CheckMeta, Threshold
from cost_pipeline.zombies.view import View, tags_of, when

META = CheckMeta(
    name="snapshot_old",
    title="Old EBS snapshot",
    service="ec2",
    resource_type="ebs_snapshot",
    calls=("ec2:DescribeSnapshots", "ec2:DescribeImages"),
    thresholds={"min_age_days": Threshold(90, "days", "thrifty's; the usual retention")},
    waste="GB × 0.05 USD: at most, because snapshots share blocks",
    cli="aws ec2 delete-snapshot --snapshot-id {id} --region {region}",
    terraform="remove the aws_ebs_snapshot, or let aws_dlm_lifecycle_policy expire it",
    confidence="medium",
    source="thrifty (over 90 days); those behind an image are left to the image's own check",
    idle_events=("CreateSnapshot", "CreateSnapshots"),
)


def candidates(view: View) -> Iterator[Candidate]:
    """Completed snapshots that no image of this account uses and that AWS Backup does not own."""
    behind_images = {
        mapping.get("Ebs", {}).get("SnapshotId")
        for image in view.items("ec2:DescribeImages")
        for mapping in image.get("BlockDeviceMappings", ())
    }
    for snapshot in view.items("ec2:DescribeSnapshots"):
        tags = tags_of(snapshot)
        if (
            snapshot["SnapshotId"] in behind_images
            or snapshot.get("State", "completed") != "completed"
            or "aws:backup:source-resource" in tags
            or snapshot.get("StorageTier") == "archive"
        ):
            continue
        made = when(snapshot.get("StartTime"))
        yield Candidate(
            resource_id=snapshot["SnapshotId"],
            bills=(snapshot_bill(snapshot),),
            created_at=made,
            idle_since=made,
            tags=tags,
            facts={"size_gb": snapshot.get("VolumeSize"), "volume": snapshot.get("VolumeId")},
        )


CHECK = Check(META, candidates)
