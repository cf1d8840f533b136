"""AppStream fleets that run without sessions."""

from __future__ import annotations

from collections.abc import Iterator

from cost_pipeline.zombies.model import Bills, Candidate, Check, CheckMeta, Metric, Threshold
from cost_pipeline.zombies.view import View, number, when

META = CheckMeta(
    name="appstream_fleet_idle",
    title="AppStream fleet without sessions",
    service="appstream",
    resource_type="appstream_fleet",
    calls=("appstream:DescribeFleets",),
    thresholds={
        "min_age_days": Threshold(7, "days"),
        "lookback_days": Threshold(14, "days"),
        "max_sessions": Threshold(0, "sessions at any moment"),
    },
    waste="instances × price of the type × 730 hours",
    cli="aws appstream stop-fleet --name {name} --region {region}",
    terraform="remove the aws_appstream_fleet, or make it ON_DEMAND",
    confidence="high",
    source="our own: no other tool looks",
    metrics=(Metric("AWS/AppStream", "InUseCapacity", "Maximum", "max_sessions", "max"),),
)


def candidates(view: View) -> Iterator[Candidate]:
    """Running fleets; on-demand ones bill little while nobody is there."""
    for fleet in view.items("appstream:DescribeFleets"):
        count = number(fleet.get("ComputeCapacityStatus", {}).get("Desired"))
        if fleet.get("State") != "RUNNING" or fleet.get("FleetType") == "ON_DEMAND" or not count:
            continue
        yield Candidate(
            resource_id=fleet["Arn"],
            name=fleet["Name"],
            bills=(Bills("appstream_fleet", {"class": fleet["InstanceType"]}, count),),
            created_at=when(fleet.get("CreatedTime")),
            dimensions={"Fleet": fleet["Name"]},
            facts={"type": fleet["InstanceType"], "instances": str(count)},
        )


CHECK = Check(META, candidates)
