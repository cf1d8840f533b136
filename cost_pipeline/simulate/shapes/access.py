"""What comes before misuse: keys, regions, quotas, access to models; and tampered trails."""

from __future__ import annotations

from datetime import datetime

from cost_pipeline.simulate.records import Call, Who
from cost_pipeline.simulate.story import Story

_US = "us-east-1"


def access_key(story: Story, at: datetime, who: Who, user: str) -> Call:
    """CreateAccessKey for a user."""
    key = {"accessKeyId": "AKIA" + story.new_id("x")[2:].upper(), "status": "Active"}
    answer = {"accessKey": {**key, "userName": user}}
    return story.call(at, _US, who, "iam:CreateAccessKey", {"userName": user}, answer)


def enable_region(story: Story, at: datetime, who: Who, region: str) -> Call:
    """EnableRegion of the account."""
    return story.call(at, _US, who, "account:EnableRegion", {"regionName": region}, None)


def raise_quota(story: Story, at: datetime, region: str, who: Who, code: str, to: int) -> Call:
    """RequestServiceQuotaIncrease."""
    request = {"serviceCode": "ec2", "quotaCode": code, "desiredValue": to}
    answer = {"requestedQuota": {**request, "status": "PENDING", "id": story.new_id("q")}}
    operation = "servicequotas:RequestServiceQuotaIncrease"
    return story.call(at, region, who, operation, request, answer)


def model_access(story: Story, at: datetime, region: str, who: Who, model: str) -> Call:
    """PutFoundationModelEntitlement of Bedrock."""
    request = {"modelId": model}
    operation = "bedrock:PutFoundationModelEntitlement"
    return story.call(at, region, who, operation, request, {"status": "SUCCESS"})


def stop_trail(story: Story, at: datetime, who: Who, operation: str = "StopLogging") -> Call:
    """StopLogging or DeleteTrail of the organisation's trail."""
    arn = f"arn:aws:cloudtrail:{_US}:{story.account}:trail/main"
    return story.call(at, _US, who, f"cloudtrail:{operation}", {"name": arn}, None)


def look_around(story: Story, at: datetime, region: str, who: Who) -> Call:
    """A read that is refused: somebody tries what a key may do."""
    return story.call(
        at,
        region,
        who,
        "iam:ListUsers",
        None,
        None,
        error="AccessDenied",
        read_only=True,
    )
