"""Bedrock provisioned throughput that nobody invokes: tens of thousands of USD a month."""

from __future__ import annotations

from collections.abc import Iterator

from cost_pipeline.zombies.model import Bills, Candidate, Check, CheckMeta, Metric, Threshold
from cost_pipeline.zombies.view import View, number, when

META = CheckMeta(
    name="bedrock_throughput_idle",
    title="Unused Bedrock provisioned throughput",
    service="bedrock",
    resource_type="bedrock_provisioned_throughput",
    calls=("bedrock:ListProvisionedModelThroughputs",),
    thresholds={
        "min_age_days": Threshold(1, "days", "a day of it costs as much as a month of a server"),
        "lookback_days": Threshold(7, "days"),
        "max_invocations": Threshold(0, "invocations in all"),
    },
    waste="model units × price an hour × 730",
    cli="aws bedrock delete-provisioned-model-throughput --provisioned-model-id {id} "
    "--region {region}",
    terraform="remove the aws_bedrock_provisioned_model_throughput",
    confidence="high",
    source="our own: no other tool looks; no invocations in a week",
    metrics=(Metric("AWS/Bedrock", "Invocations", "Sum", "max_invocations"),),
)
_FAMILIES = ("claude", "titan", "llama", "cohere", "nova")


def candidates(view: View) -> Iterator[Candidate]:
    """Throughput in service; a commitment bills until it ends, whatever is done."""
    for model in view.items("bedrock:ListProvisionedModelThroughputs"):
        if model.get("status") != "InService":
            continue
        arn = model["provisionedModelArn"]
        based_on = model.get("foundationModelArn", "")
        family = next((name for name in _FAMILIES if name in based_on), "other")
        term = model.get("commitmentDuration")
        yield Candidate(
            resource_id=arn,
            name=model.get("provisionedModelName", ""),
            bills=(
                Bills(
                    "bedrock_provisioned_throughput",
                    {"family": family},
                    number(model.get("modelUnits", 1)),
                ),
            ),
            created_at=when(model.get("creationTime")),
            dimensions={"ModelId": arn},
            facts={"model": based_on, "commitment": term},
            doubt=f"Committed for {term}: it bills until then." if term else None,
        )


CHECK = Check(META, candidates)
