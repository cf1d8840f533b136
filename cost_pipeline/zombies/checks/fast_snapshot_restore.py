"""Fast snapshot restore left on: it bills by snapshot and zone, restored or not."""

from __future__ import annotations

from collections.abc import Iterator

from cost_pipeline.zombies.model import Bills, Candidate, Check, CheckMeta, Threshold
from cost_pipeline.zombies.view import View, when

META = CheckMeta(
    name="fast_snapshot_restore",
    title="Fast snapshot restore left on",
    service="ec2",
    resource_type="ebs_fast_restore",
    calls=("ec2:DescribeFastSnapshotRestores",),
    thresholds={
        "min_age_days": Threshold(7, "days", "a restore is over by then"),
    },
    waste="0.75 USD an hour for each zone",
    cli=(
        "aws ec2 disable-fast-snapshot-restores --source-snapshot-ids {name} "
        "--availability-zones ZONE --region {region}"
    ),
    terraform="remove the aws_ebs_fast_snapshot_restore",
    confidence="medium",
    source="our own: no other tool looks",
)


def candidates(view: View) -> Iterator[Candidate]:
    """Snapshots with fast restore enabled, zone by zone."""
    for restore in view.items("ec2:DescribeFastSnapshotRestores"):
        if restore.get("State") not in ("enabled", "optimizing"):
            continue
        snapshot, zone = restore["SnapshotId"], restore["AvailabilityZone"]
        since = when(restore.get("EnabledTime") or restore.get("EnablingTime"))
        yield Candidate(
            resource_id=f"fast-restore/{view.region}/{snapshot}/{zone}",
            name=snapshot,
            bills=(Bills("ebs_fast_restore"),),
            created_at=since,
            idle_since=since,
            facts={"zone": zone},
        )


CHECK = Check(META, candidates)
