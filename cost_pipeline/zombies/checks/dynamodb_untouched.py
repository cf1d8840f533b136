"""DynamoDB tables that nobody reads or writes: on demand they bill what they store."""

from __future__ import annotations

from collections.abc import Iterator

from cost_pipeline.zombies.bills import gb_month
from cost_pipeline.zombies.model import Candidate, Check, CheckMeta, Metric, Threshold
from cost_pipeline.zombies.view import View, when

META = CheckMeta(
    name="dynamodb_untouched",
    title="DynamoDB table that nobody touches",
    service="dynamodb",
    resource_type="dynamodb_table",
    calls=("dynamodb:DescribeTable",),
    thresholds={
        "min_age_days": Threshold(90, "days"),
        "lookback_days": Threshold(90, "days", "thrifty's"),
        "max_units": Threshold(0, "capacity units consumed in all"),
    },
    waste="GB × 0.25 USD",
    cli="aws dynamodb export-table-to-point-in-time --table-arn {id} --s3-bucket BUCKET "
    "--region {region}  # then delete-table",
    terraform="remove the aws_dynamodb_table",
    confidence="high",
    source="thrifty (no change in 90 days, by the stream's label); ours asks what was consumed",
    metrics=(
        Metric("AWS/DynamoDB", "ConsumedReadCapacityUnits", "Sum", "max_units"),
        Metric("AWS/DynamoDB", "ConsumedWriteCapacityUnits", "Sum", "max_units"),
    ),
)


def candidates(view: View) -> Iterator[Candidate]:
    """Active tables on demand; provisioned ones have a check of their own."""
    for table in view.items("dynamodb:DescribeTable"):
        mode = table.get("BillingModeSummary", {}).get("BillingMode", "PROVISIONED")
        if table.get("TableStatus") == "ACTIVE" and mode == "PAY_PER_REQUEST":
            yield Candidate(
                resource_id=table["TableArn"],
                name=table["TableName"],
                bills=(gb_month("dynamodb_table", table.get("TableSizeBytes"), "0.25"),),
                created_at=when(table.get("CreationDateTime")),
                dimensions={"TableName": table["TableName"]},
                facts={"items": table.get("ItemCount"), "bytes": table.get("TableSizeBytes")},
            )


CHECK = Check(META, candidates)
