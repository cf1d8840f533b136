"""Glue development endpoints left running."""

from __future__ import annotations

from collections.abc import Iterator

from cost_pipeline.zombies.model import Bills, Candidate, Check, CheckMeta, Threshold
from cost_pipeline.zombies.view import View, number, when

META = CheckMeta(
    name="glue_endpoint_running",
    title="Glue development endpoint",
    service="glue",
    resource_type="glue_dev_endpoint",
    calls=("glue:GetDevEndpoints",),
    thresholds={
        "min_age_days": Threshold(1, "days"),
    },
    waste="DPUs × 0.44 USD an hour",
    cli="aws glue delete-dev-endpoint --endpoint-name {name} --region {region}",
    terraform="remove the aws_glue_dev_endpoint",
    confidence="high",
    source="our own: no other tool looks",
)


def candidates(view: View) -> Iterator[Candidate]:
    """Endpoints that are ready."""
    for endpoint in view.items("glue:GetDevEndpoints"):
        if endpoint.get("Status") != "READY":
            continue
        workers = number(endpoint.get("NumberOfWorkers") or endpoint.get("NumberOfNodes") or 5)
        kind = str(endpoint.get("WorkerType") or "standard").lower()
        yield Candidate(
            resource_id=endpoint["EndpointName"],
            name=endpoint["EndpointName"],
            bills=(Bills("glue_dev_endpoint", {"class": kind}, workers),),
            created_at=when(endpoint.get("CreatedTimestamp")),
            facts={"workers": str(workers), "type": kind},
        )


CHECK = Check(META, candidates)
