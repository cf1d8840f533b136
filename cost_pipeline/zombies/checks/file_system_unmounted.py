"""EFS file systems without a mount target: nothing can reach them."""

from __future__ import annotations

from collections.abc import Iterator

from cost_pipeline.zombies.bills import gb_month
from cost_pipeline.zombies.model import Candidate, Check, CheckMeta, Threshold
from cost_pipeline.zombies.view import View, tags_of, when

META = CheckMeta(
    name="file_system_unmounted",
    title="File system without mount targets",
    service="elasticfilesystem",
    resource_type="efs_filesystem",
    calls=("efs:DescribeFileSystems",),
    thresholds={
        "min_age_days": Threshold(7, "days"),
    },
    waste="GB × 0.30 USD: at most, as colder classes cost less",
    cli="aws efs delete-file-system --file-system-id {name} --region {region}",
    terraform="remove the aws_efs_file_system",
    confidence="medium",
    source="cloudwise: no mount target",
)


def candidates(view: View) -> Iterator[Candidate]:
    """File systems that nothing can mount."""
    for system in view.items("efs:DescribeFileSystems"):
        if system.get("LifeCycleState") != "available" or system.get("NumberOfMountTargets"):
            continue
        size = system.get("SizeInBytes", {}).get("Value")
        yield Candidate(
            resource_id=system["FileSystemId"],
            name=system["FileSystemId"],
            bills=(gb_month("efs_filesystem", size, "0.30"),),
            created_at=when(system.get("CreationTime")),
            tags=tags_of(system),
            facts={"name": system.get("Name"), "bytes": size},
        )


CHECK = Check(META, candidates)
