"""EFS file systems that can be mounted and that no client mounts."""

from __future__ import annotations

from collections.abc import Iterator

from cost_pipeline.zombies.bills import gb_month
from cost_pipeline.zombies.model import Candidate, Check, CheckMeta, Metric, Threshold
from cost_pipeline.zombies.view import View, tags_of, when

META = CheckMeta(
    name="file_system_idle",
    title="File system without clients",
    service="elasticfilesystem",
    resource_type="efs_filesystem",
    calls=("efs:DescribeFileSystems",),
    thresholds={
        "min_age_days": Threshold(14, "days"),
        "lookback_days": Threshold(14, "days"),
        "max_connections": Threshold(0, "client connections in all"),
    },
    waste="GB × 0.30 USD: at most, as colder classes cost less",
    cli="aws efs delete-file-system --file-system-id {name} --region {region}",
    terraform="remove the aws_efs_file_system",
    confidence="medium",
    source="our own: no client in two weeks",
    metrics=(Metric("AWS/EFS", "ClientConnections", "Sum", "max_connections"),),
)


def candidates(view: View) -> Iterator[Candidate]:
    """File systems with mount targets."""
    for system in view.items("efs:DescribeFileSystems"):
        if system.get("LifeCycleState") != "available" or not system.get("NumberOfMountTargets"):
            continue
        size = system.get("SizeInBytes", {}).get("Value")
        yield Candidate(
            resource_id=system["FileSystemId"],
            name=system["FileSystemId"],
            bills=(gb_month("efs_filesystem", size, "0.30"),),
            created_at=when(system.get("CreationTime")),
            tags=tags_of(system),
            dimensions={"FileSystemId": system["FileSystemId"]},
            facts={"name": system.get("Name"), "bytes": size},
        )


CHECK = Check(META, candidates)
