"""The trails of an account: where each delivers, whether it logs, and which to read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from typing import Any

from cost_pipeline.aws.inventory import Clients
from cost_pipeline.aws.permissions import Step, attempt


@dataclass(frozen=True, slots=True)
class FoundTrail:
    """A trail as CloudTrail describes it; `logging` is None where its status was not told."""

    name: str
    url: str
    organisation: bool
    every_region: bool
    home_region: str
    kms_key: str | None
    logging: bool | None
    error: str | None

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return asdict(self)


def trails(
    clients: Clients, described: Sequence[Mapping[str, Any]]
) -> tuple[list[FoundTrail], Step | None]:
    """Trails with their status, the one that covers the most first; None for no step at all."""
    found: list[FoundTrail] = []
    told: Step | None = None
    for one in described:
        step, status = attempt(
            "cloudtrail:GetTrailStatus",
            partial(clients("cloudtrail").get_trail_status, Name=one["TrailARN"]),
            good="whether trails log is told",
            needed_for="seeing whether a trail logs",
            required=False,
        )
        told = step if told is None or step.level != "ok" else told
        found.append(_found(one, status))
    return sorted(found, key=_covers, reverse=True), told


def _found(one: Mapping[str, Any], status: Mapping[str, Any] | None) -> FoundTrail:
    prefix = (one.get("S3KeyPrefix") or "").strip("/")
    return FoundTrail(
        name=one["Name"],
        url=f"s3://{one['S3BucketName']}/{prefix}".rstrip("/"),
        organisation=bool(one.get("IsOrganizationTrail")),
        every_region=bool(one.get("IsMultiRegionTrail")),
        home_region=one.get("HomeRegion", ""),
        kms_key=one.get("KmsKeyId"),
        logging=None if status is None else bool(status.get("IsLogging")),
        error=None if status is None else status.get("LatestDeliveryError") or None,
    )


def _covers(trail: FoundTrail) -> tuple[bool, bool, bool]:
    return trail.logging is not False, trail.organisation, trail.every_region
