"""Log groups that keep for ever and that nobody writes to any more."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from cost_pipeline.zombies.bills import gb_month
from cost_pipeline.zombies.model import Candidate, Check, CheckMeta, Metric, Threshold
from cost_pipeline.zombies.view import View, number, when

META = CheckMeta(
    name="log_group_stale",
    title="Stale log group kept for ever",
    service="logs",
    resource_type="log_group",
    calls=("logs:DescribeLogGroups",),
    thresholds={
        "min_age_days": Threshold(90, "days"),
        "lookback_days": Threshold(90, "days", "thrifty's"),
        "max_bytes": Threshold(0, "bytes in all"),
        "min_gb": Threshold(1, "GB", "below, it is pennies"),
    },
    waste="GB × 0.03 USD",
    cli=(
        "aws logs put-retention-policy --log-group-name {name} --retention-in-days 30 "
        "--region {region}"
    ),
    terraform="set retention_in_days on the aws_cloudwatch_log_group",
    confidence="high",
    source="thrifty: no retention, stale for over 90 days",
    metrics=(Metric("AWS/Logs", "IncomingBytes", "Sum", "max_bytes"),),
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
            dimensions={"LogGroupName": group["logGroupName"]},
            facts={"bytes": str(size)},
        )


CHECK = Check(META, candidates)
