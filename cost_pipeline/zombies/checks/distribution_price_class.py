"""CloudFront distributions that use every edge of the world, the dear ones too."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from cost_pipeline.zombies.model import Bills, Candidate, Check, CheckMeta, Threshold
from cost_pipeline.zombies.view import View

META = CheckMeta(
    name="distribution_price_class",
    title="CloudFront distribution at all edges",
    service="cloudfront",
    resource_type="cloudfront_distribution",
    calls=("cloudfront:ListDistributions",),
    thresholds={"on": Threshold(0, "1 switches it on", "all edges are AWS's default")},
    waste="none known: it goes by where its users are",
    cli="aws cloudfront get-distribution-config --id {name}  # PriceClass_100",
    terraform='set price_class = "PriceClass_100" on the aws_cloudfront_distribution',
    confidence="review",
    source="thrifty: price class of all edges",
    home_region="us-east-1",
)


def candidates(view: View) -> Iterator[Candidate]:
    """Enabled distributions of the dearest price class."""
    for distribution in view.items("cloudfront:ListDistributions"):
        if distribution.get("Enabled") and distribution.get("PriceClass") == "PriceClass_All":
            yield Candidate(
                resource_id=distribution["ARN"],
                name=distribution["Id"],
                bills=(Bills("cloudfront_distribution", usd_month=Decimal(0)),),
            )


CHECK = Check(META, candidates)
