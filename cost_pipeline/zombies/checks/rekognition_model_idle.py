"""Rekognition Custom Labels models that run and detect nothing."""

from __future__ import annotations

from collections.abc import Iterator

from cost_pipeline.zombies.model import Bills, Candidate, Check, CheckMeta, Metric, Threshold
from cost_pipeline.zombies.view import View, number, when

META = CheckMeta(
    name="rekognition_model_idle",
    title="Rekognition model without requests",
    service="rekognition",
    resource_type="rekognition_model",
    calls=("rekognition:DescribeProjectVersions",),
    thresholds={
        "min_age_days": Threshold(3, "days"),
        "lookback_days": Threshold(7, "days"),
        "max_requests": Threshold(0, "requests in all"),
    },
    waste="inference units × 4 USD an hour",
    cli="aws rekognition stop-project-version --project-version-arn {id} --region {region}",
    terraform="models are not run by Terraform: stop it",
    confidence="medium",
    source="our own: no other tool looks",
    metrics=(Metric("AWS/Rekognition", "SuccessfulRequestCount", "Sum", "max_requests"),),
)


def candidates(view: View) -> Iterator[Candidate]:
    """Running models; CloudWatch counts requests for all models of the region together."""
    for model in view.items("rekognition:DescribeProjectVersions"):
        if model.get("Status") == "RUNNING":
            units = number(model.get("MinInferenceUnits", 1))
            yield Candidate(
                resource_id=model["ProjectVersionArn"],
                bills=(Bills("rekognition_model", quantity=units),),
                created_at=when(model.get("CreationTimestamp")),
                dimensions={"Operation": "DetectCustomLabels"},
                facts={"units": str(units)},
            )


CHECK = Check(META, candidates)
