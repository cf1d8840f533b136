"""Ticks over a bucket: bounded in calls, and no file is missed, however it arrives."""

import random
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from cost_pipeline.aws.s3_trail import S3Trail
from cost_pipeline.intake.rotation import Rotation, Tick
from cost_pipeline.store import objects, places
from cost_pipeline.store.database import Database
from cost_pipeline_tests.fixtures.buckets import Bucket

START = datetime(2026, 3, 10, 12, tzinfo=UTC)
LOOK_BACK = timedelta(hours=48)


def key(account: int, region: str, at: datetime, name: str = "a") -> str:
    """The key of a file that CloudTrail wrote at `at`."""
    file = f"{account:012}_CloudTrail_{region}_{at:%Y%m%dT%H%MZ}_{name}.json.gz"
    return f"AWSLogs/{account:012}/CloudTrail/{region}/{at:%Y/%m/%d}/{file}"


class Organisation:
    """A bucket, its trail, and a clock that the test turns."""

    def __init__(self, database: Database, page_size: int = 1000) -> None:
        self.now = START
        self.bucket = Bucket(page_size, lambda: self.now)
        self.database = database
        with database.transaction("default") as conn:
            trail = objects.ensure_trail(conn, tenant_id="default", url="s3://logs")
        self.trail_id = trail.trail_id

    def put(self, account: int, region: str, name: str = "a", at: datetime | None = None) -> str:
        made = key(account, region, at or self.now, name)
        self.bucket.put(made)
        return made

    def tick(self, budget: int = 40, after: timedelta = timedelta(seconds=5)) -> Tick:
        """A tick by a process that knows nothing but what stands in Postgres."""
        self.now += after
        source = S3Trail(self.bucket, "logs")
        try:
            rotation = Rotation(self.database, "default", self.trail_id, source, LOOK_BACK)
            return rotation.tick(self.now, budget)
        finally:
            source.close()

    def registered(self) -> set[str]:
        with self.database.transaction("default") as conn:
            return {row["key"] for row in conn.execute("SELECT key FROM trail_objects")}


@pytest.fixture
def organisation(database: Database) -> Organisation:
    return Organisation(database)


def test_a_hot_place_costs_one_call_a_tick_also_across_midnight(organisation: Organisation) -> None:
    organisation.now = START.replace(hour=23, minute=58)
    organisation.put(1, "eu-west-1")
    organisation.tick()
    organisation.now = organisation.now.replace(hour=23, minute=59, second=58)
    late = organisation.put(1, "eu-west-1", "b")
    early = organisation.put(1, "eu-west-1", "c", organisation.now + timedelta(minutes=5))
    tick = organisation.tick()
    assert {late, early} <= organisation.registered()
    assert (tick.hot, tick.calls) == (1, 3)  # one for the place, two for new accounts
    assert organisation.tick().calls == 1


def test_a_tick_never_makes_more_calls_than_it_may(organisation: Organisation) -> None:
    for account in range(30):
        organisation.put(account, "eu-west-1")
    expected = set(organisation.bucket.files)
    counts = [organisation.tick(budget=10).calls for _ in range(25)]
    assert organisation.registered() == expected
    assert max(counts) <= 10


def test_new_accounts_and_regions_are_found_with_all_they_delivered_meanwhile(
    organisation: Organisation,
) -> None:
    organisation.put(1, "eu-west-1")
    organisation.tick()
    four_days = timedelta(days=4)
    organisation.now += four_days  # nobody looks for longer than the look-back
    organisation.put(1, "ap-south-1", at=START + timedelta(hours=1))
    organisation.put(2, "eu-west-1", at=START + timedelta(hours=2))
    organisation.put(1, "eu-west-1", "b", at=START + timedelta(hours=3))
    for _ in range(4):
        organisation.tick(budget=5)
    assert organisation.registered() == set(organisation.bucket.files)


def test_a_late_file_with_an_early_key_is_found_by_the_next_round(
    organisation: Organisation,
) -> None:
    organisation.put(1, "eu-west-1", "m")
    organisation.tick()
    late = organisation.put(1, "eu-west-1", "a", START - timedelta(hours=30))
    organisation.tick()
    assert late not in organisation.registered()
    organisation.tick(after=timedelta(minutes=5))
    assert late in organisation.registered()


def test_a_long_place_is_listed_over_several_ticks(database: Database) -> None:
    organisation = Organisation(database, page_size=10)
    for number in range(95):
        organisation.put(1, "eu-west-1", f"{number:03}")
    for _ in range(8):
        assert organisation.tick(budget=3).calls <= 3 + 1  # the first tick looks for AWSLogs
    assert organisation.registered() == set(organisation.bucket.files)


def test_a_bucket_that_fails_in_the_middle_leaves_nothing_behind_as_read(
    organisation: Organisation, monkeypatch: pytest.MonkeyPatch
) -> None:
    for account in range(5):
        organisation.put(account, "eu-west-1")
    organisation.tick()
    new = {organisation.put(account, "eu-west-1", "b") for account in range(5)}
    answer = organisation.bucket.list_objects_v2

    def broken(**request: Any) -> Any:
        if "000000000003" in request["Prefix"]:
            raise ConnectionError
        return answer(**request)

    monkeypatch.setattr(organisation.bucket, "list_objects_v2", broken)
    with pytest.raises(ConnectionError):
        organisation.tick()
    monkeypatch.undo()
    organisation.tick()
    assert new <= organisation.registered()


def test_no_file_is_ever_missed(database: Database) -> None:
    """Files come on time, late up to the look-back, and from new places; ticks come irregularly."""
    chance = random.Random(1)  # noqa: S311 - a reproducible course of events
    organisation = Organisation(database, page_size=7)
    organisation.tick()
    for number in range(30):
        account, region = chance.randrange(6), chance.choice(["eu-west-1", "us-east-1"])
        late = timedelta(hours=chance.choice([0, 0, 0, 5, 30, 47]))
        organisation.put(account, region, f"{number}", organisation.now - late)
        if chance.random() < 0.6:
            pause = timedelta(minutes=chance.choice([0.1, 1, 6, 300, 4000]))
            organisation.tick(budget=chance.randrange(2, 9), after=pause)
    for _ in range(24):
        organisation.tick(budget=8, after=timedelta(minutes=1))
    assert organisation.registered() == set(organisation.bucket.files)


def test_what_listing_costs_is_told(organisation: Organisation, database: Database) -> None:
    organisation.now = datetime.now(UTC)
    organisation.put(1, "eu-west-1")
    calls = [organisation.tick().calls for _ in range(3)]
    with database.transaction("default") as conn:
        (facts,) = places.listing_facts(conn, tenant_id="default")
    assert (facts["places"], facts["hot"], facts["ticks"]) == (1, 1, 3)
    assert (facts["calls"], facts["most_calls"]) == (sum(calls), max(calls))
