"""AppStream image builders left running."""

from __future__ import annotations

from collections.abc import Iterator

from cost_pipeline.zombies.model import Bills, Candidate, Check, CheckMeta, Threshold
from cost_pipeline.zombies.view import View, when

META = CheckMeta(
    name="image_builder_running",
    title="AppStream image builder left running",
    service="appstream",
    resource_type="appstream_image_builder",
    calls=("appstream:DescribeImageBuilders",),
    thresholds={
        "min_age_days": Threshold(7, "days", "an image is built in a day"),
    },
    waste="price of the type × 730 hours",
    cli="aws appstream stop-image-builder --name {name} --region {region}",
    terraform="remove the aws_appstream_image_builder",
    confidence="medium",
    source="our own: no other tool looks",
    idle_events=("StartImageBuilder", "CreateImageBuilder"),
)


def candidates(view: View) -> Iterator[Candidate]:
    """Builders that run; AWS says when they were made, not when they were started."""
    for builder in view.items("appstream:DescribeImageBuilders"):
        if builder.get("State") == "RUNNING":
            yield Candidate(
                resource_id=builder["Arn"],
                name=builder["Name"],
                bills=(Bills("appstream_image_builder", {"class": builder["InstanceType"]}),),
                created_at=when(builder.get("CreatedTime")),
                facts={"type": builder["InstanceType"]},
            )


CHECK = Check(META, candidates)
