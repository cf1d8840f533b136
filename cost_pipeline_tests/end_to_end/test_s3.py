"""A trail in a bucket, over S3's real protocol: the same rows as from a folder."""

from collections.abc import Callable
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import Any

import boto3
import pytest

from cost_pipeline.aws.trails import TrailError
from cost_pipeline.orchestration.run_range import RunSummary
from cost_pipeline.store import governance, objects
from cost_pipeline.store.database import Database
from cost_pipeline_tests.fixtures.trail import LogFolder, moment, ordinary_day, run_instances

Runner = Callable[..., RunSummary]
_numbers = count()


class Bucket:
    """A bucket that files are copied to."""

    def __init__(self, endpoint: str) -> None:
        self.endpoint = endpoint
        self.name = f"logs-{next(_numbers)}"
        self.client = boto3.client("s3", endpoint_url=endpoint, region_name="us-east-1")
        self.client.create_bucket(Bucket=self.name)
        self.where = {"trail_url": f"s3://{self.name}/audit", "endpoint_url": endpoint}

    def copy(self, path: Path, folder: LogFolder) -> None:
        key = f"audit/{path.relative_to(folder.root)}"
        self.client.put_object(Bucket=self.name, Key=key, Body=path.read_bytes())


@pytest.fixture
def bucket(moto_server: str, monkeypatch: pytest.MonkeyPatch) -> Bucket:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    return Bucket(moto_server)


def _events(database: Database) -> list[dict[str, Any]]:
    with database.transaction("default") as conn:
        return conn.execute(
            "SELECT id, partition_day, hourly_cost, actor, resource_ids FROM cost_events ORDER BY 1"
        ).fetchall()


def test_a_bucket_gives_what_a_folder_gives(
    bucket: Bucket, folder: LogFolder, run: Runner, database: Database
) -> None:
    for day in (1, 2):
        bucket.copy(folder.put(ordinary_day(day), moment(day, 20)), folder)
    run()
    from_folder = _events(database)
    with database.admin() as conn:
        conn.execute("TRUNCATE cost_events, trails, trail_objects, quarantined_records CASCADE")
    summary = run(**bucket.where, region="us-east-1")
    assert summary.failures == ()
    assert (summary.files, summary.cost_events) == (2, 12)
    assert _events(database) == from_folder


def test_the_sensor_finds_what_arrives_in_a_bucket(
    bucket: Bucket, folder: LogFolder, live: Any, database: Database
) -> None:
    now = datetime.now(UTC)
    with database.transaction("default") as conn:
        objects.ensure_trail(
            conn,
            tenant_id="default",
            url=bucket.where["trail_url"],
            endpoint_url=bucket.endpoint,
            region="us-east-1",
        )
    bucket.copy(folder.put([run_instances("one", now)], now, "m"), folder)
    assert live.follow() == [now.date().isoformat()]
    bucket.copy(folder.put([run_instances("two", now)], now, "n"), folder)
    assert live.follow() == [now.date().isoformat()]
    assert len(_events(database)) == 2


def test_a_bucket_that_is_not_there_is_said_in_words_and_leaves_nothing(
    bucket: Bucket, run: Runner, database: Database
) -> None:
    nowhere = {"trail_url": "s3://no-such-bucket", "endpoint_url": bucket.endpoint}
    day = moment(1).date()
    for days in ((), (day, day)):
        with pytest.raises(TrailError, match="there is no bucket no-such-bucket"):
            run(*days, **nowhere)
    with database.transaction("default") as conn:
        assert objects.trails(conn, tenant_id="default") == []


def test_a_bucket_that_went_away_is_a_failure_in_words(
    bucket: Bucket, folder: LogFolder, run: Runner, database: Database
) -> None:
    bucket.copy(folder.put(ordinary_day(1), moment(1, 20)), folder)
    run(**bucket.where)
    key = bucket.client.list_objects_v2(Bucket=bucket.name)["Contents"][0]["Key"]
    bucket.client.delete_object(Bucket=bucket.name, Key=key)
    bucket.client.delete_bucket(Bucket=bucket.name)
    day = moment(1).date()
    summary = run(day, day, trail_url=None)
    assert [failure for failure in summary.failures if "there is no bucket" in failure], summary
    assert summary.cost_events == 6


def test_in_panic_objects_in_s3_wait(
    bucket: Bucket, folder: LogFolder, run: Runner, database: Database
) -> None:
    bucket.copy(folder.put(ordinary_day(1), moment(1, 20)), folder)
    run(**bucket.where)
    bucket.copy(folder.put(ordinary_day(1)[:1], moment(1, 20), "more"), folder)
    day = moment(1).date()
    for panic, files in ((True, 1), (False, 2)):
        with database.transaction("default") as conn:
            governance.put(conn, tenant_id="default", key=governance.PANIC, value=panic, by="test")
        summary = run(day, day, trail_url=None)
        assert (summary.failures, summary.files) == ((), files)
