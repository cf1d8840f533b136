"""Lambda functions that nobody invokes."""

from __future__ import annotations

from collections.abc import Iterator

from cost_pipeline.zombies.families import functions
from cost_pipeline.zombies.model import Candidate, Check, CheckMeta, Metric, Threshold
from cost_pipeline.zombies.view import View

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
    """All functions."""
    return functions(view)


CHECK = Check(META, candidates)
