"""Multipart uploads that were begun and never finished: their parts bill."""

from __future__ import annotations

from collections.abc import Iterator

from cost_pipeline.zombies.model import Bills, Candidate, Check, CheckMeta, Threshold
from cost_pipeline.zombies.view import View, when

META = CheckMeta(
    name="uploads_unfinished",
    title="Bucket with unfinished uploads",
    service="s3",
    resource_type="s3_bucket",
    calls=("s3:ListBuckets", "s3:ListMultipartUploads"),
    thresholds={"min_idle_days": Threshold(7, "days", "Trusted Advisor's rule aborts after 7")},
    waste="GB of the parts × 0.023 USD: their sizes are not listed",
    cli="aws s3api list-multipart-uploads --bucket {name}  # then abort-multipart-upload",
    terraform="add abort_incomplete_multipart_upload to the aws_s3_bucket_lifecycle_configuration",
    confidence="high",
    source="Trusted Advisor (incomplete multipart uploads after 7 days), sample-cfm-tips",
    home_region="us-east-1",
)


def candidates(view: View) -> Iterator[Candidate]:
    """Buckets by their oldest upload."""
    by_bucket: dict[str, list[str]] = {}
    for upload in view.items("s3:ListMultipartUploads"):
        by_bucket.setdefault(upload["_of"]["Bucket"], []).append(str(upload["Initiated"]))
    for name, begun in by_bucket.items():
        yield Candidate(
            resource_id=f"arn:aws:s3:::{name}",
            name=name,
            bills=(Bills("s3_upload"),),
            idle_since=when(min(begun)),
            facts={"uploads": len(begun)},
        )


CHECK = Check(META, candidates)
