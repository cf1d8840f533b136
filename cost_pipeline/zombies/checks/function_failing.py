"""Lambda functions of which many calls end in an error: they bill all the same."""

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
    name="function_failing",
    title="Lambda function that fails",
    service="lambda",
    resource_type="lambda_function",
    calls=("lambda:ListFunctions",),
    thresholds={
        "min_age_days": Threshold(7, "days"),
        "lookback_days": Threshold(7, "days", "Trusted Advisor's"),
        "max_errors": Threshold(10, "% of the calls", "Trusted Advisor's and thrifty's"),
        "min_calls": Threshold(100, "calls in all", "fewer say little, and cost less"),
    },
    waste="failed calls × their usual duration × memory × 0.0000166667 USD a GB-second",
    cli="aws logs tail /aws/lambda/{name} --since 1d --filter-pattern ERROR --region {region}",
    terraform="mend the code behind the aws_lambda_function, or stop what calls it",
    confidence="review",
    source="Trusted Advisor (over 10 % on a day), thrifty; here over the week, so that one bad "
    "day is no finding",
    metrics=(
        Metric("AWS/Lambda", "Invocations", "Sum"),
        Metric("AWS/Lambda", "Errors", "Sum"),
        Metric("AWS/Lambda", "Duration", "Average"),
    ),
)
_USD_GB_SECOND = Decimal("0.0000166667")
_DAYS_PER_MONTH = Decimal(730) / 24


def candidates(view: View) -> Iterator[Candidate]:
    """All functions."""
    return functions(view)


def weigh(candidate: Candidate, series: Mapping[str, Series], view: View) -> Weighed | None:
    """The share of calls that failed, and what those cost a month."""
    calls, failed = (sum(v for _, v in series[name]) for name in ("Invocations", "Errors"))
    limit = view.limit("max_errors")
    if calls < view.limit("min_calls") or 100 * failed <= limit * calls:
        return None
    durations = [value for _, value in series["Duration"]]
    seconds = sum(durations) / len(durations) / 1000 if durations else 0.0
    memory = Decimal(candidate.facts.get("memory_mb") or 128) / 1024
    days = Decimal(view.limit("lookback_days"))
    monthly = Decimal(failed) * Decimal(seconds) * memory * _USD_GB_SECOND / days * _DAYS_PER_MONTH
    share = f"{100 * failed / calls:.0f} % of {calls:,.0f} calls failed in {days:g} days"
    return Weighed(f"{share}; more than {limit:g} % is told.", usd_month=monthly)


CHECK = Check(META, candidates, weigh)
