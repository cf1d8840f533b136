"""Lambda functions that run into their time limit day after day."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal

from cost_pipeline.zombies.families import functions
from cost_pipeline.zombies.model import (
    Candidate,
    Check,
    CheckMeta,
    Metric,
    Series,
    Threshold,
    Weighed,
)
from cost_pipeline.zombies.view import View

META = CheckMeta(
    name="function_timing_out",
    title="Lambda function that times out",
    service="lambda",
    resource_type="lambda_function",
    calls=("lambda:ListFunctions",),
    thresholds={
        "min_age_days": Threshold(7, "days"),
        "lookback_days": Threshold(7, "days", "Trusted Advisor's"),
        "min_days": Threshold(3, "days on which it happened", "one bad day is no finding"),
    },
    waste="none known: CloudWatch does not count the calls that time out",
    cli="aws logs tail /aws/lambda/{name} --since 1d --filter-pattern '\"Task timed out\"' "
    "--region {region}",
    terraform="raise timeout on the aws_lambda_function, or mend what it waits for",
    confidence="review",
    source="Trusted Advisor (over 10 % timeouts on any of 7 days); CloudWatch knows only the "
    "longest call of a day",
    metrics=(Metric("AWS/Lambda", "Duration", "Maximum", missing="unused"),),
)


def candidates(view: View) -> Iterator[Candidate]:
    """All functions."""
    return functions(view)


def weigh(candidate: Candidate, series: Mapping[str, Series], view: View) -> Weighed | None:
    """On how many days the longest call took as long as a call may."""
    limit = 1000 * float(candidate.facts.get("timeout_seconds") or 0)
    days = sum(value >= limit for _, value in series["Duration"]) if limit else 0
    if days < view.limit("min_days"):
        return None
    sentence = f"Its longest call took all of its {limit / 1000:g} seconds on {days} days."
    return Weighed(sentence, usd_month=Decimal(0))


CHECK = Check(META, candidates, weigh)
