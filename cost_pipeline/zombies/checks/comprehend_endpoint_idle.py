"""Comprehend endpoints that nobody asks."""

from __future__ import annotations

from collections.abc import Iterator

from cost_pipeline.zombies.model import Bills, Candidate, Check, CheckMeta, Metric, Threshold
from cost_pipeline.zombies.view import View, number, when

META = CheckMeta(
    name="comprehend_endpoint_idle",
    title="Comprehend endpoint without requests",
    service="comprehend",
    resource_type="comprehend_endpoint",
    calls=("comprehend:ListEndpoints",),
    thresholds={
        "min_age_days": Threshold(3, "days"),
        "lookback_days": Threshold(15, "days", "Trusted Advisor's"),
        "max_units": Threshold(0, "inference units consumed"),
    },
    waste="inference units × 1.80 USD an hour",
    cli="aws comprehend delete-endpoint --endpoint-arn {id} --region {region}",
    terraform="endpoints are not Terraform's: delete it",
    confidence="high",
    source="Trusted Advisor: unused for 15 days",
    metrics=(Metric("AWS/Comprehend", "ConsumedInferenceUnits", "Sum", "max_units"),),
)


def candidates(view: View) -> Iterator[Candidate]:
    """Endpoints in service."""
    for endpoint in view.items("comprehend:ListEndpoints"):
        if endpoint.get("Status") == "IN_SERVICE":
            units = number(endpoint.get("CurrentInferenceUnits", 1))
            yield Candidate(
                resource_id=endpoint["EndpointArn"],
                bills=(Bills("comprehend_endpoint", quantity=units),),
                created_at=when(endpoint.get("CreationTime")),
                dimensions={"EndpointArn": endpoint["EndpointArn"]},
                facts={"units": str(units)},
            )


CHECK = Check(META, candidates)
