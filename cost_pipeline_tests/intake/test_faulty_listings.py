"""Listings over S3's own protocol on a bad day: no cursor passes a file that nobody has seen."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest

from cost_pipeline.aws.s3_trail import S3Trail
from cost_pipeline.aws.sessions import call_settings
from cost_pipeline.aws.trails import TrailError
from cost_pipeline.intake.rotation import Rotation
from cost_pipeline.store import objects
from cost_pipeline.store.database import Database
from cost_pipeline_tests.aws.conftest import KEYS
from cost_pipeline_tests.fixtures.faulty_s3 import FaultyS3, faulty_s3

NOW = datetime.now(UTC)


def _key(account: int, name: str) -> str:
    file = f"{account:012}_CloudTrail_eu-west-1_{NOW:%Y%m%dT%H%MZ}_{name}.json.gz"
    return f"AWSLogs/{account:012}/CloudTrail/eu-west-1/{NOW:%Y/%m/%d}/{file}"


class Bucket:
    """A bucket behind a faulty proxy, and the files that are registered of it."""

    def __init__(self, database: Database, moto_url: str, faulty: FaultyS3) -> None:
        self.database, self.faulty, self.now = database, faulty, NOW
        region = {"region_name": "us-east-1", **KEYS}
        self._s3: Any = boto3.client("s3", endpoint_url=moto_url, **region)
        self._s3.create_bucket(Bucket="logs")
        settings = call_settings(endpoint_url=faulty.url)
        self._seen = boto3.client("s3", endpoint_url=faulty.url, config=settings, **region)
        with database.transaction("default") as conn:
            trail = objects.ensure_trail(conn, tenant_id="default", url="s3://logs")
        self._trail_id = trail.trail_id

    def put(self, account: int, name: str) -> str:
        key = _key(account, name)
        self._s3.put_object(Bucket="logs", Key=key, Body=b"")
        return key

    def tick(self, after: timedelta = timedelta(seconds=5)) -> None:
        self.now += after
        source = S3Trail(self._seen, "logs")
        look_back = timedelta(hours=48)
        try:
            rotation = Rotation(self.database, "default", self._trail_id, source, look_back)
            rotation.tick(self.now, budget=40)
        finally:
            source.close()

    def registered(self) -> set[str]:
        with self.database.transaction("default") as conn:
            return {row["key"] for row in conn.execute("SELECT key FROM trail_objects")}


@pytest.fixture
def bucket(database: Database, moto_url: str) -> Iterator[Bucket]:
    with faulty_s3(moto_url) as faulty:
        yield Bucket(database, moto_url, faulty)


def test_credentials_that_expire_in_the_middle_of_listing(bucket: Bucket) -> None:
    for account in (1, 2, 3):
        bucket.put(account, "a")
    bucket.tick()
    before = bucket.registered()
    new = {bucket.put(account, "b") for account in (1, 2, 3)}
    bucket.faulty.next_lists(None, *["expired"] * 10)
    with pytest.raises(TrailError, match="credentials") as caught:
        bucket.tick()
    assert not caught.value.passing
    assert {asked.fault for asked in bucket.faulty.asked} == {None, "expired"}
    assert bucket.registered() == before
    bucket.faulty.next_lists()
    bucket.tick()
    assert bucket.registered() == before | new


def test_a_file_that_no_listing_shows_yet_is_found_by_a_later_round(bucket: Bucket) -> None:
    slow, later = bucket.put(1, "a"), bucket.put(1, "b")
    bucket.faulty.hidden.add(slow)
    bucket.tick()
    assert bucket.registered() == {later}
    bucket.faulty.hidden.clear()
    bucket.tick(after=timedelta(minutes=6))
    assert bucket.registered() == {slow, later}


def test_slow_down_in_the_middle_of_listing_is_waited_for(bucket: Bucket) -> None:
    keys = {bucket.put(account, "a") for account in (1, 2)}
    bucket.faulty.next_lists(None, "slow_down", "slow_down")
    bucket.tick()
    assert bucket.registered() == keys
