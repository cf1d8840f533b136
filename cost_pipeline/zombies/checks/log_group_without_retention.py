"""Log groups that are written to and keep everything for ever."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from cost_pipeline.zombies.bills import gb_month
from cost_pipeline.zombies.model import Candidate, Check, CheckMeta, Threshold
from cost_pipeline.zombies.view import View, number, when

META = CheckMeta(
    name="log_group_without_retention",
    title="Log group kept for ever",
    service="logs",
    resource_type="log_group",
    calls=("logs:DescribeLogGroups",),
    thresholds={
        "min_age_days": Threshold(90, "days", "younger ones keep little that is old"),
        "min_gb": Threshold(10, "GB", "below, it is pennies"),
    },
    waste="GB × 0.03 USD: at most, and more with every month",
    cli="aws logs put-retention-policy --log-group-name {name} --retention-in-days 90 "
    "--region {region}",
    terraform="set retention_in_days on the aws_cloudwatch_log_group",
    confidence="review",
    source="thrifty, sample-cfm-tips: no retention",
)


def candidates(view: View) -> Iterator[Candidate]:
    """Groups without a retention period and of some size."""
    for group in view.items("logs:DescribeLogGroups"):
        size = number(group.get("storedBytes"))
        if group.get("retentionInDays") or size < Decimal(view.limit("min_gb")) * 10**9:
            continue
        yield Candidate(
            resource_id=group["arn"].removesuffix(":*"),
            name=group["logGroupName"],
            bills=(gb_month("log_group", size, "0.03"),),
            created_at=when(number(group.get("creationTime")) / 1000),
            facts={"bytes": str(size)},
        )


CHECK = Check(META, candidates)
