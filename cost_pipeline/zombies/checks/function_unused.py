"""Lambda functions that nobody invokes."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from cost_pipeline.zombies.model import Bills, Candidate, Check, CheckMeta, Metric, Threshold
from cost_pipeline.zombies.view import View, when

META = CheckMeta(
    name="function_unused",
    title="Lambda function never invoked",
    service="lambda",
    resource_type="lambda_function",
    calls=("lambda:ListFunctions",),
    thresholds={
        "min_age_days": Threshold(30, "days"),
        "lookback_days": Threshold(30, "days", "trimcloud: 7; a monthly job should be seen"),
        "max_invocations": Threshold(0, "invocations in all"),
    },
    waste="next to nothing: an unused function costs no hours, but is one more to look after",
    cli="aws lambda delete-function --function-name {name} --region {region}",
    terraform="remove the aws_lambda_function",
    confidence="medium",
    source="awsspectre, trimcloud: no invocations",
    metrics=(Metric("AWS/Lambda", "Invocations", "Sum", "max_invocations"),),
)


def candidates(view: View) -> Iterator[Candidate]:
    """All functions; the day of the last change stands for their making."""
    for function in view.items("lambda:ListFunctions"):
        yield Candidate(
            resource_id=function["FunctionArn"],
            name=function["FunctionName"],
            bills=(Bills("lambda_function", usd_month=Decimal(0)),),
            created_at=when(function.get("LastModified")),
            dimensions={"FunctionName": function["FunctionName"]},
            facts={"runtime": function.get("Runtime"), "memory_mb": function.get("MemorySize")},
        )


CHECK = Check(META, candidates)
