"""DynamoDB tables with provisioned capacity that nobody consumes."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from cost_pipeline.core.calls import Attribute
from cost_pipeline.zombies.model import Bills, Candidate, Check, CheckMeta, Metric, Threshold
from cost_pipeline.zombies.view import View, number, when

META = CheckMeta(
    name="dynamodb_idle",
    title="Unused provisioned DynamoDB table",
    service="dynamodb",
    resource_type="dynamodb_table",
    calls=("dynamodb:DescribeTable",),
    thresholds={
        "min_age_days": Threshold(14, "days"),
        "lookback_days": Threshold(14, "days", "Compute Optimizer's; thrifty: no change in 90"),
        "max_units": Threshold(0, "capacity units consumed in all"),
    },
    waste="(RCU × 0.00013 + WCU × 0.00065) × 730, indexes included",
    cli="aws dynamodb update-table --table-name {name} --billing-mode PAY_PER_REQUEST "
    "--region {region}",
    terraform='set billing_mode = "PAY_PER_REQUEST" on the aws_dynamodb_table, or remove it',
    confidence="high",
    source="Compute Optimizer's idle list: no capacity consumed",
    metrics=(
        Metric("AWS/DynamoDB", "ConsumedReadCapacityUnits", "Sum", "max_units"),
        Metric("AWS/DynamoDB", "ConsumedWriteCapacityUnits", "Sum", "max_units"),
    ),
)


def candidates(view: View) -> Iterator[Candidate]:
    """Active tables that are billed by provisioned capacity."""
    for table in view.items("dynamodb:DescribeTable"):
        mode = table.get("BillingModeSummary", {}).get("BillingMode", "PROVISIONED")
        if table.get("TableStatus") != "ACTIVE" or mode != "PROVISIONED":
            continue
        yield Candidate(
            resource_id=table["TableArn"],
            name=table["TableName"],
            bills=(Bills("dynamodb_table", _capacity(table)),),
            created_at=when(table.get("CreationDateTime")),
            dimensions={"TableName": table["TableName"]},
            facts={"items": table.get("ItemCount"), "bytes": table.get("TableSizeBytes")},
        )


def _capacity(table: dict[str, Any]) -> dict[str, Attribute]:
    indexes = table.get("GlobalSecondaryIndexes") or ()

    def units(owner: dict[str, Any], kind: str) -> Decimal:
        return number(owner.get("ProvisionedThroughput", {}).get(f"{kind}CapacityUnits"))

    return {
        "class": "provisioned",
        "rcu": units(table, "Read"),
        "wcu": units(table, "Write"),
        "index_rcu": sum((units(index, "Read") for index in indexes), Decimal(0)),
        "index_wcu": sum((units(index, "Write") for index in indexes), Decimal(0)),
    }


CHECK = Check(META, candidates)
