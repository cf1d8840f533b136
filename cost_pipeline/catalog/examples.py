"""The catalog's examples as whole CloudTrail records."""

from __future__ import annotations

import msgspec

from cost_pipeline.catalog.model import Example
from cost_pipeline.core.cloudtrail import Record

ACCOUNT = "111122223333"


def example_record(source: str, name: str, example: Example) -> Record:
    """The record of an example: what it says, on top of a plain one by an administrator."""
    plain = {
        "eventID": "00000000-0000-4000-8000-000000000001",
        "eventTime": "2026-01-05T10:00:00Z",
        "eventSource": source,
        "eventName": name,
        "awsRegion": "us-east-1",
        "recipientAccountId": ACCOUNT,
        "userIdentity": {"type": "Root", "arn": f"arn:aws:iam::{ACCOUNT}:root"},
    }
    return msgspec.json.decode(msgspec.json.encode(plain | example.record), type=Record)
