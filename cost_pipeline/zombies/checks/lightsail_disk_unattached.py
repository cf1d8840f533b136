"""Lightsail disks attached to nothing."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from cost_pipeline.zombies.model import Bills, Candidate, Check, CheckMeta, Threshold
from cost_pipeline.zombies.view import View, number, tags_of, when

META = CheckMeta(
    name="lightsail_disk_unattached",
    title="Unattached Lightsail disk",
    service="lightsail",
    resource_type="lightsail_disk",
    calls=("lightsail:GetDisks",),
    thresholds={
        "min_age_days": Threshold(7, "days"),
    },
    waste="GB × 0.10 USD",
    cli="aws lightsail delete-disk --disk-name {name} --region {region}",
    terraform="remove the aws_lightsail_disk",
    confidence="high",
    source="cloudwise: not attached",
)


def candidates(view: View) -> Iterator[Candidate]:
    """Block disks without an instance."""
    for disk in view.items("lightsail:GetDisks"):
        if not disk.get("isAttached") and not disk.get("isSystemDisk"):
            cost = number(disk.get("sizeInGb")) * Decimal("0.10")
            yield Candidate(
                resource_id=disk["arn"],
                name=disk["name"],
                bills=(Bills("lightsail_disk", usd_month=cost),),
                created_at=when(disk.get("createdAt")),
                tags=tags_of(disk),
                facts={"size_gb": disk.get("sizeInGb")},
            )


CHECK = Check(META, candidates)
