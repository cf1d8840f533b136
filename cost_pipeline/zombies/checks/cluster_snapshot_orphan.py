"""Manual cluster snapshots whose source is gone."""

from __future__ import annotations

from collections.abc import Iterator

from cost_pipeline.zombies.model import Bills, Candidate, Check, CheckMeta, Threshold
from cost_pipeline.zombies.view import View, number, tags_of, when

META = CheckMeta(
    name="cluster_snapshot_orphan",
    title="Cluster snapshot of a deleted source",
    service="rds",
    resource_type="rds_snapshot",
    calls=("rds:DescribeDBClusterSnapshots", "rds:DescribeDBClusters"),
    thresholds={
        "min_age_days": Threshold(30, "days", "thrifty's"),
    },
    waste="GB × 0.095 USD: at most",
    cli=(
        "aws rds delete-db-cluster-snapshot --db-cluster-snapshot-identifier {name} "
        "--region {region}"
    ),
    terraform="remove the aws_db_cluster_snapshot",
    confidence="medium",
    source="thrifty: the source is missing, over 30 days",
    idle_events=("DeleteDBCluster",),
)


def candidates(view: View) -> Iterator[Candidate]:
    """Available snapshots of sources that no longer exist here."""
    alive = {source["DBClusterIdentifier"] for source in view.items("rds:DescribeDBClusters")}
    for snapshot in view.items("rds:DescribeDBClusterSnapshots"):
        if (
            snapshot["DBClusterIdentifier"] in alive
            or snapshot.get("Status", "available") != "available"
        ):
            continue
        yield Candidate(
            resource_id=snapshot["DBClusterSnapshotArn"],
            name=snapshot["DBClusterSnapshotIdentifier"],
            bills=(Bills("rds_snapshot", {"size_gb": number(snapshot.get("AllocatedStorage"))}),),
            created_at=when(snapshot.get("SnapshotCreateTime")),
            related=(view.arn("rds", f"cluster:{snapshot['DBClusterIdentifier']}"),),
            tags=tags_of(snapshot),
            facts={
                "source": snapshot["DBClusterIdentifier"],
                "size_gb": snapshot.get("AllocatedStorage"),
            },
        )


CHECK = Check(META, candidates)
