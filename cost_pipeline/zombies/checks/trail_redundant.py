"""Trails that log the same events a second time."""

from __future__ import annotations

from collections.abc import Iterator

from cost_pipeline.zombies.model import Bills, Candidate, Check, CheckMeta
from cost_pipeline.zombies.view import View

META = CheckMeta(
    name="trail_redundant",
    title="Redundant CloudTrail trail",
    service="cloudtrail",
    resource_type="cloudtrail_trail",
    calls=("cloudtrail:DescribeTrails",),
    thresholds={},
    waste="2 USD for 100 000 management events of every trail after the first: by use, unknown",
    cli="aws cloudtrail stop-logging --name {id} --region {region}  # then delete-trail",
    terraform="remove the aws_cloudtrail",
    confidence="medium",
    source="thrifty: more than one trail for the same region; sample-cfm-tips",
)


def candidates(view: View) -> Iterator[Candidate]:
    """Of the trails that log this region, all but the widest, by where they are at home."""
    trails = sorted(
        view.items("cloudtrail:DescribeTrails"),
        key=lambda trail: (
            not trail.get("IsOrganizationTrail"),
            not trail.get("IsMultiRegionTrail"),
            trail["TrailARN"],
        ),
    )
    for trail in trails[1:]:
        if trail.get("HomeRegion") == view.region:
            yield Candidate(
                resource_id=trail["TrailARN"],
                name=trail.get("Name", ""),
                bills=(Bills("cloudtrail_trail"),),
                facts={"kept": trails[0]["TrailARN"], "bucket": trail.get("S3BucketName")},
                doubt="It may log data events, or go to others, which its description hides.",
            )


CHECK = Check(META, candidates)
