"""Versioned S3 buckets that never let go of what was overwritten or deleted."""

from __future__ import annotations

from collections.abc import Iterator

from cost_pipeline.zombies.model import Bills, Candidate, Check, CheckMeta, Threshold
from cost_pipeline.zombies.view import View, when

META = CheckMeta(
    name="bucket_versions_kept",
    title="Bucket that keeps every version",
    service="s3",
    resource_type="s3_bucket",
    calls=("s3:ListBuckets", "s3:GetBucketVersioning", "s3:GetBucketLifecycleConfiguration"),
    thresholds={"min_age_days": Threshold(30, "days", "time to set it up")},
    waste="GB × 0.023 USD of all that was overwritten or deleted: how much that is, nobody knows",
    cli="aws s3api put-bucket-lifecycle-configuration --bucket {name} "
    "--lifecycle-configuration file://rules.json  # NoncurrentVersionExpiration",
    terraform="add a noncurrent_version_expiration to the aws_s3_bucket_lifecycle_configuration",
    confidence="low",
    source="Trusted Advisor: versioning without a rule for versions that are no longer current",
    home_region="us-east-1",
)


def candidates(view: View) -> Iterator[Candidate]:
    """Versioned buckets with rules, none of which ends old versions.

    One without any rule is told by `bucket_without_lifecycle`.
    """
    rules: dict[str, list[bool]] = {}
    for rule in view.items("s3:GetBucketLifecycleConfiguration"):
        if rule.get("Status") == "Enabled":
            ends = "NoncurrentVersionExpiration" in rule
            rules.setdefault(rule["_of"]["Bucket"], []).append(ends)
    made = {one["Name"]: when(one.get("CreationDate")) for one in view.items("s3:ListBuckets")}
    for versioning in view.items("s3:GetBucketVersioning"):
        name = versioning["_of"]["Bucket"]
        if versioning.get("Status") == "Enabled" and not any(rules.get(name, [True])):
            yield Candidate(
                resource_id=f"arn:aws:s3:::{name}",
                name=name,
                bills=(Bills("s3_bucket"),),
                created_at=made.get(name),
            )


CHECK = Check(META, candidates)
