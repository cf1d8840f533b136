"""Interface VPC endpoints that pass no traffic: they bill by zone."""

from __future__ import annotations

from collections.abc import Iterator

from cost_pipeline.zombies.families import vpc_endpoints
from cost_pipeline.zombies.model import Candidate, Check, CheckMeta, Metric, Threshold
from cost_pipeline.zombies.view import View

META = CheckMeta(
    name="vpc_endpoint_idle",
    title="Interface endpoint without traffic",
    service="vpc",
    resource_type="vpc_endpoint",
    calls=("ec2:DescribeVpcEndpoints",),
    thresholds={
        "min_age_days": Threshold(14, "days"),
        "lookback_days": Threshold(30, "days", "Trusted Advisor's"),
        "max_bytes": Threshold(1000000.0, "bytes a day"),
    },
    waste="zones × 0.01 USD an hour",
    cli="aws ec2 delete-vpc-endpoints --vpc-endpoint-ids {id} --region {region}",
    terraform="remove the aws_vpc_endpoint",
    confidence="high",
    source="Trusted Advisor (0 bytes in 30 days), with a floor for health checks",
    metrics=(Metric("AWS/PrivateLinkEndpoints", "BytesProcessed", "Sum", "max_bytes", "max"),),
)


def candidates(view: View) -> Iterator[Candidate]:
    """Available endpoints of this kind."""
    yield from vpc_endpoints(view, "Interface")


CHECK = Check(META, candidates)
