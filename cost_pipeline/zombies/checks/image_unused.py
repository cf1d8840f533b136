"""Machine images that no instance, launch template or group uses."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from cost_pipeline.zombies.model import Bills, Candidate, Check, CheckMeta, Threshold
from cost_pipeline.zombies.view import View, number, tags_of, when

META = CheckMeta(
    name="image_unused",
    title="Unused machine image",
    service="ec2",
    resource_type="ec2_image",
    calls=(
        "ec2:DescribeImages",
        "ec2:DescribeInstances",
        "ec2:DescribeLaunchTemplateVersions",
        "autoscaling:DescribeLaunchConfigurations",
    ),
    thresholds={
        "min_age_days": Threshold(30, "days", "optscale: 7; a month lets release images rest"),
    },
    waste="GB of its snapshots × 0.05 USD: at most",
    cli="aws ec2 deregister-image --image-id {id} --region {region}  # then delete its snapshots",
    terraform="remove the aws_ami or aws_ami_copy",
    confidence="medium",
    source="cloud-custodian (unused images), optscale (abandoned images)",
)


def candidates(view: View) -> Iterator[Candidate]:
    """Own images used by nothing here; one launched lately, or shared, may be used elsewhere."""
    templates = view.items("ec2:DescribeLaunchTemplateVersions")
    used = {instance.get("ImageId") for instance in view.items("ec2:DescribeInstances")}
    used |= {t.get("LaunchTemplateData", {}).get("ImageId") for t in templates}
    used |= {c.get("ImageId") for c in view.items("autoscaling:DescribeLaunchConfigurations")}
    for image in view.items("ec2:DescribeImages"):
        launched = when(image.get("LastLaunchedTime"))
        lately = view.days_since(launched) < view.limit("min_age_days")
        if image["ImageId"] in used or lately:
            continue
        disks = (m.get("Ebs", {}).get("VolumeSize") for m in image.get("BlockDeviceMappings", ()))
        size = sum((number(disk) for disk in disks), Decimal(0))
        yield Candidate(
            resource_id=image["ImageId"],
            bills=(Bills("ec2_image", {"size_gb": size}),),
            created_at=when(image.get("CreationDate")),
            idle_since=launched,
            tags=tags_of(image),
            facts={"name": image.get("Name"), "size_gb": str(size)},
            doubt="It is public: others may use it." if image.get("Public") else None,
        )


CHECK = Check(META, candidates)
