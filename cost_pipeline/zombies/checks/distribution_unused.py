"""CloudFront distributions without requests."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from cost_pipeline.zombies.model import Bills, Candidate, Check, CheckMeta, Metric, Threshold
from cost_pipeline.zombies.view import View

META = CheckMeta(
    name="distribution_unused",
    title="CloudFront distribution without requests",
    service="cloudfront",
    resource_type="cloudfront_distribution",
    calls=("cloudfront:ListDistributions",),
    thresholds={
        "lookback_days": Threshold(30, "days", "cloudburn's"),
        "max_requests": Threshold(0, "requests in all"),
    },
    waste="next to nothing: it bills by use, but its web ACL and certificate do not",
    cli="aws cloudfront update-distribution --id {name} --if-match ETAG "
    "--distribution-config file://disabled.json  # then delete-distribution",
    terraform="remove the aws_cloudfront_distribution",
    confidence="medium",
    source="thrifty, cloudburn: no requests",
    home_region="us-east-1",
    metrics=(Metric("AWS/CloudFront", "Requests", "Sum", "max_requests"),),
)


def candidates(view: View) -> Iterator[Candidate]:
    """Enabled distributions; the time of their last change is not that of their making."""
    for distribution in view.items("cloudfront:ListDistributions"):
        if distribution.get("Enabled", True):
            yield Candidate(
                resource_id=distribution["ARN"],
                name=distribution["Id"],
                bills=(Bills("cloudfront_distribution", usd_month=Decimal(0)),),
                dimensions={"DistributionId": distribution["Id"], "Region": "Global"},
                facts={"domain": distribution.get("DomainName")},
            )


CHECK = Check(META, candidates)
