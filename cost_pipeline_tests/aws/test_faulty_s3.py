"""S3 on a bad day, over its own protocol: what passes is waited for, what does not is said."""

import gzip
from collections.abc import Iterator
from typing import Any

import boto3
import pytest

from cost_pipeline.aws.s3_trail import S3Trail
from cost_pipeline.aws.sessions import call_settings
from cost_pipeline.aws.trails import TrailError
from cost_pipeline_tests.aws.conftest import KEYS
from cost_pipeline_tests.fixtures.faulty_s3 import FaultyS3, faulty_s3

KEY = "AWSLogs/111111111111/CloudTrail/us-east-1/2026/11/10/a.json.gz"
CONTENT = gzip.compress(b'{"Records": []}' * 500, mtime=0)


@pytest.fixture
def faulty(s3: Any, moto_url: str) -> Iterator[FaultyS3]:
    s3.create_bucket(Bucket="logs")
    s3.put_object(Bucket="logs", Key=KEY, Body=CONTENT)
    with faulty_s3(moto_url) as proxy:
        yield proxy


def _trail(faulty: FaultyS3, **settings: Any) -> S3Trail:
    config = call_settings(endpoint_url=faulty.url)
    for name, value in settings.items():
        setattr(config, name, value)
    client = boto3.client(
        "s3", endpoint_url=faulty.url, region_name="us-east-1", config=config, **KEYS
    )
    return S3Trail(client, "logs")


def test_slow_down_and_lost_answers_are_tried_again_later_and_later(faulty: FaultyS3) -> None:
    trail = _trail(faulty)
    faulty.next_lists("slow_down", "internal", "reset")
    assert trail.keys("AWSLogs/") == [KEY]
    assert [asked.fault for asked in faulty.asked] == ["slow_down", "internal", "reset", None]


def test_a_body_that_is_cut_short_is_fetched_again(faulty: FaultyS3) -> None:
    trail = _trail(faulty)
    faulty.next_gets("cut", "cut")
    assert trail.read(KEY) == CONTENT
    assert len(faulty.asked) == 3


def test_a_body_that_is_always_cut_short_is_a_passing_fault(faulty: FaultyS3) -> None:
    faulty.decide = lambda asked: "cut"
    with pytest.raises(TrailError, match="the endpoint does not answer") as caught:
        _trail(faulty).read(KEY)
    assert caught.value.passing
    assert 2 <= len(faulty.asked) <= 6


def test_an_answer_that_does_not_come_is_not_waited_for_forever(faulty: FaultyS3) -> None:
    faulty.next_gets("stall")
    assert _trail(faulty, read_timeout=1.5).read(KEY) == CONTENT
    assert len(faulty.asked) == 2


def test_a_clock_that_is_off_is_said_to_be_off(faulty: FaultyS3) -> None:
    faulty.decide = lambda asked: "skewed"
    with pytest.raises(TrailError, match="clock of this machine is off") as caught:
        _trail(faulty).keys("AWSLogs/")
    assert not caught.value.passing
