"""SageMaker Studio apps that run with nobody there."""

from __future__ import annotations

from collections.abc import Iterator

from cost_pipeline.zombies.model import Bills, Candidate, Check, CheckMeta, Threshold
from cost_pipeline.zombies.view import View, when

META = CheckMeta(
    name="studio_app_idle",
    title="SageMaker Studio app without a user",
    service="sagemaker",
    resource_type="sagemaker_studio_app",
    calls=("sagemaker:DescribeApp",),
    thresholds={
        "min_idle_days": Threshold(1, "days"),
    },
    waste="price of the ml type × 730 hours",
    cli=(
        "aws sagemaker delete-app --domain-id DOMAIN --app-name {name} --app-type TYPE "
        "--region {region}"
    ),
    terraform="set idle_settings in the aws_sagemaker_domain's app lifecycle",
    confidence="high",
    source="our own: no other tool looks",
)


def candidates(view: View) -> Iterator[Candidate]:
    """Apps in service on an instance of their own, since the last activity of their user."""
    for app in view.items("sagemaker:DescribeApp"):
        size = app.get("ResourceSpec", {}).get("InstanceType", "system")
        if app.get("Status") != "InService" or size == "system":
            continue
        active = when(app.get("LastUserActivityTimestamp"))
        yield Candidate(
            resource_id=app["AppArn"],
            name=app["AppName"],
            bills=(Bills("sagemaker_studio_app", {"class": size}),),
            created_at=when(app.get("CreationTime")),
            idle_since=active or when(app.get("CreationTime")),
            facts={"type": size, "app": app.get("AppType"), "user": app.get("UserProfileName")},
        )


CHECK = Check(META, candidates)
