"""What names a new object is understood in every envelope, and what does not says why not."""

import json
from typing import Any

import pytest

from cost_pipeline.aws.notices import NotANoticeError, Noticed, noticed

KEY = "AWSLogs/111122223333/CloudTrail/eu-west-1/2026/03/10/a b.json.gz"
S3 = {
    "Records": [
        {
            "eventSource": "aws:s3",
            "eventTime": "2026-03-10T09:00:00.000Z",
            "eventName": "ObjectCreated:Put",
            "s3": {
                "bucket": {"name": "logs"},
                "object": {"key": KEY.replace(" ", "+"), "size": 7, "eTag": "e1"},
            },
        }
    ]
}
EVENT_BRIDGE = {
    "version": "0",
    "detail-type": "Object Created",
    "source": "aws.s3",
    "time": "2026-03-10T09:00:00Z",
    "detail": {"bucket": {"name": "logs"}, "object": {"key": KEY, "size": 7, "etag": "e1"}},
}


def _sns(message: Any) -> dict[str, Any]:
    return {"Type": "Notification", "TopicArn": "arn:aws:sns:::t", "Message": json.dumps(message)}


@pytest.mark.parametrize(
    "message",
    [S3, _sns(S3), EVENT_BRIDGE, _sns(EVENT_BRIDGE)],
    ids=["S3", "S3 through SNS", "EventBridge", "EventBridge through SNS"],
)
def test_every_envelope_names_the_same_object(message: dict[str, Any]) -> None:
    (found,) = noticed(json.dumps(message))
    assert (found.bucket, found.key, found.etag, found.size) == ("logs", KEY, "e1", 7)
    assert found.at is not None
    assert found.at.isoformat() == "2026-03-10T09:00:00+00:00"


def test_cloudtrail_s_own_notice_names_keys_alone() -> None:
    message = {"s3Bucket": "logs", "s3ObjectKey": [KEY, "other"]}
    assert noticed(json.dumps(_sns(message))) == [
        Noticed("logs", KEY, None, 0, None),
        Noticed("logs", "other", None, 0, None),
    ]


@pytest.mark.parametrize("name", ["ObjectRemoved:Delete", "ObjectRestore:Completed"])
def test_other_events_name_nothing(name: str) -> None:
    assert noticed(json.dumps({"Records": [S3["Records"][0] | {"eventName": name}]})) == []


@pytest.mark.parametrize(
    ("body", "why"),
    [
        ("hello", "not JSON"),
        ("[]", "not a JSON object"),
        ("[" * 100_000, "not JSON"),
        ('{"a": 1}', "neither a notice"),
        ('{"Records": [{"eventName": "ObjectCreated:Put"}]}', "KeyError"),
        ('{"Records": [null]}', "TypeError"),
        (json.dumps(EVENT_BRIDGE | {"time": "yesterday"}), "ValueError"),
        (json.dumps(EVENT_BRIDGE | {"time": "0001-01-01T00:00:00+14:00"}), "OverflowError"),
        (json.dumps(EVENT_BRIDGE).replace('"size": 7', '"size": 1e999'), "OverflowError"),
        (json.dumps(EVENT_BRIDGE).replace('"size": 7', f'"size": {2**63}'), "size"),
        (json.dumps(EVENT_BRIDGE).replace("a b.json", r"a\u0000.json"), "zero byte"),
        (json.dumps(EVENT_BRIDGE).replace("a b.json", r"a\ud800.json"), "surrogates"),
        (json.dumps(_sns(_sns(_sns(S3)))), "wrapped too often"),
    ],
    ids=[
        *("text", "list", "deep", "other", "half", "null", "time"),
        *("early", "endless", "huge", "zero", "surrogate", "wrapped"),
    ],
)
def test_what_names_nothing_says_why(body: str, why: str) -> None:
    with pytest.raises(NotANoticeError, match=why):
        noticed(body)
