"""FSx file systems that nobody reads or writes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from cost_pipeline.core.calls import Attribute
from cost_pipeline.zombies.model import Bills, Candidate, Check, CheckMeta, Metric, Threshold
from cost_pipeline.zombies.view import View, number, tags_of, when

META = CheckMeta(
    name="fsx_idle",
    title="FSx file system without use",
    service="fsx",
    resource_type="fsx_filesystem",
    calls=("fsx:DescribeFileSystems",),
    thresholds={
        "min_age_days": Threshold(14, "days"),
        "lookback_days": Threshold(14, "days"),
        "max_bytes": Threshold(0, "bytes in all"),
    },
    waste="GB × price of the type, plus throughput",
    cli="aws fsx delete-file-system --file-system-id {id} --region {region}",
    terraform="remove the aws_fsx_*_file_system",
    confidence="medium",
    source="cloud-custodian's metrics filter: no bytes read or written",
    metrics=(
        Metric("AWS/FSx", "DataReadBytes", "Sum", "max_bytes"),
        Metric("AWS/FSx", "DataWriteBytes", "Sum", "max_bytes"),
    ),
)


def candidates(view: View) -> Iterator[Candidate]:
    """Available file systems of any kind."""
    for system in view.items("fsx:DescribeFileSystems"):
        if system.get("Lifecycle") != "AVAILABLE":
            continue
        name = system["FileSystemId"]
        yield Candidate(
            resource_id=name,
            name=name,
            bills=(Bills("fsx_filesystem", _attributes(system)),),
            created_at=when(system.get("CreationTime")),
            tags=tags_of(system),
            dimensions={"FileSystemId": name},
            facts={"kind": system["FileSystemType"], "size_gb": system.get("StorageCapacity")},
        )


def _attributes(system: dict[str, Any]) -> dict[str, Attribute]:
    kind = str(system["FileSystemType"]).title()
    options = {**system.get(f"{kind}Configuration", {}), **system.get("OntapConfiguration", {})}
    options |= system.get("OpenZFSConfiguration", {})
    attributes: dict[str, Attribute] = {
        "class": str(system["FileSystemType"]).lower(),
        "size_gb": number(system.get("StorageCapacity")),
        "storage_type": str(system.get("StorageType", "SSD")).lower(),
    }
    if options.get("DeploymentType"):
        attributes["deployment"] = str(options["DeploymentType"]).lower()
    if options.get("ThroughputCapacity"):
        attributes["throughput"] = number(options["ThroughputCapacity"])
    return attributes


CHECK = Check(META, candidates)
