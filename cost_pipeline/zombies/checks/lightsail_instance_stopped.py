"""Stopped Lightsail instances: the bundle bills all the same."""

from __future__ import annotations

from collections.abc import Iterator

from cost_pipeline.zombies.model import Bills, Candidate, Check, CheckMeta, Threshold
from cost_pipeline.zombies.view import View, tags_of, when

META = CheckMeta(
    name="lightsail_instance_stopped",
    title="Stopped Lightsail instance",
    service="lightsail",
    resource_type="lightsail_instance",
    calls=("lightsail:GetInstances",),
    thresholds={
        "min_age_days": Threshold(7, "days"),
    },
    waste="monthly price of the bundle",
    cli="aws lightsail delete-instance --instance-name {name} --region {region}",
    terraform="remove the aws_lightsail_instance",
    confidence="high",
    source="cloudwise: stopped",
)


def candidates(view: View) -> Iterator[Candidate]:
    """Instances in state stopped; AWS does not say since when."""
    for instance in view.items("lightsail:GetInstances"):
        if instance.get("state", {}).get("name") != "stopped":
            continue
        bundle = str(instance.get("bundleId", ""))
        system = "windows" if "_win_" in bundle else "linux"
        yield Candidate(
            resource_id=instance["arn"],
            name=instance["name"],
            bills=(Bills("lightsail_instance", {"size": bundle.partition("_")[0], "os": system}),),
            created_at=when(instance.get("createdAt")),
            tags=tags_of(instance),
            facts={"bundle": bundle},
        )


CHECK = Check(META, candidates)
