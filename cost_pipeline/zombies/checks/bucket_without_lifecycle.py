"""S3 buckets from which nothing ever expires."""

from __future__ import annotations

from collections.abc import Iterator

from cost_pipeline.zombies.model import Bills, Candidate, Check, CheckMeta, Threshold
from cost_pipeline.zombies.view import View, when

META = CheckMeta(
    name="bucket_without_lifecycle",
    title="Bucket without lifecycle rules",
    service="s3",
    resource_type="s3_bucket",
    calls=("s3:ListBuckets", "s3:GetBucketLifecycleConfiguration"),
    thresholds={"min_age_days": Threshold(30, "days", "time to set it up")},
    waste="GB × 0.023 USD of what nobody needs any more: how much that is, nobody knows",
    cli="aws s3api put-bucket-lifecycle-configuration --bucket {name} "
    "--lifecycle-configuration file://rules.json",
    terraform="add an aws_s3_bucket_lifecycle_configuration",
    confidence="low",
    source="thrifty, Trusted Advisor (no lifecycle, no rule for incomplete uploads)",
    home_region="us-east-1",
)


def candidates(view: View) -> Iterator[Candidate]:
    """Buckets of which no enabled rule is known."""
    ruled = {
        rule["_of"]["Bucket"]
        for rule in view.items("s3:GetBucketLifecycleConfiguration")
        if rule.get("Status") == "Enabled"
    }
    for bucket in view.items("s3:ListBuckets"):
        if bucket["Name"] not in ruled:
            yield Candidate(
                resource_id=f"arn:aws:s3:::{bucket['Name']}",
                name=bucket["Name"],
                bills=(Bills("s3_bucket"),),
                created_at=when(bucket.get("CreationDate")),
            )


CHECK = Check(META, candidates)
