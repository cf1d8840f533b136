"""SageMaker endpoints that nobody invokes: their instances bill all the same."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from cost_pipeline.zombies.model import Bills, Candidate, Check, CheckMeta, Metric, Threshold
from cost_pipeline.zombies.view import View, number, when

META = CheckMeta(
    name="sagemaker_endpoint_idle",
    title="SageMaker endpoint without invocations",
    service="sagemaker",
    resource_type="sagemaker_endpoint",
    calls=("sagemaker:DescribeEndpoint", "sagemaker:DescribeEndpointConfig"),
    thresholds={
        "min_age_days": Threshold(3, "days", "endpoints are dear: say so early"),
        "lookback_days": Threshold(14, "days", "Compute Optimizer's"),
        "max_invocations": Threshold(0, "invocations in all"),
    },
    waste="instances × price of the ml type × 730 hours",
    cli="aws sagemaker delete-endpoint --endpoint-name {name} --region {region}",
    terraform="remove the aws_sagemaker_endpoint and its configuration",
    confidence="high",
    source="Compute Optimizer's idle list: no invocations",
    metrics=(Metric("AWS/SageMaker", "Invocations", "Sum", "max_invocations"),),
)


def candidates(view: View) -> Iterator[Candidate]:
    """Endpoints in service, one candidate for each variant that runs on instances."""
    configs = {c["EndpointConfigName"]: c for c in view.items("sagemaker:DescribeEndpointConfig")}
    for endpoint in view.items("sagemaker:DescribeEndpoint"):
        if endpoint.get("EndpointStatus") != "InService":
            continue
        config = configs.get(endpoint.get("EndpointConfigName"), {})
        for variant in config.get("ProductionVariants", ()):
            if variant.get("InstanceType"):
                yield _variant(endpoint, variant)


def _variant(endpoint: dict[str, Any], variant: dict[str, Any]) -> Candidate:
    name, label = endpoint["EndpointName"], variant["VariantName"]
    running = {v["VariantName"]: v for v in endpoint.get("ProductionVariants", ())}
    count = running.get(label, {}).get("CurrentInstanceCount", variant.get("InitialInstanceCount"))
    instances = Bills("sagemaker_endpoint", {"class": variant["InstanceType"]}, number(count))
    first = label == "AllTraffic" or len(running) <= 1
    return Candidate(
        resource_id=endpoint["EndpointArn"] if first else f"{endpoint['EndpointArn']}/{label}",
        name=name,
        bills=(instances,),
        created_at=when(endpoint.get("CreationTime")),
        dimensions={"EndpointName": name, "VariantName": label},
        facts={"type": variant["InstanceType"], "instances": str(number(count)), "variant": label},
    )


CHECK = Check(META, candidates)
