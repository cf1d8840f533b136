"""What is sent is in the archive once, registered, and read like any trail."""

import gzip
import json
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import boto3
import pytest

from cost_pipeline.aws.trails import open_trail
from cost_pipeline.core.repack import Part, repack
from cost_pipeline.intake.archiving import Archiving, UnknownTenantError
from cost_pipeline.settings import Settings
from cost_pipeline.store import objects
from cost_pipeline.store.database import Database
from cost_pipeline_tests.fixtures.trail import ACCOUNT, REGION, run_instances
from cost_pipeline_tests.intake.test_draining import KEYS

AT = datetime(2026, 3, 10, 9, tzinfo=UTC)
BODY = json.dumps({"Records": [run_instances("one", AT)]}).encode()
KEY = f"x/AWSLogs/{ACCOUNT}/CloudTrail/{REGION}/2026/03/11/a.json.gz"


def _keys(database: Database, tenant_id: str = "default") -> list[tuple[str, str]]:
    with database.transaction(tenant_id) as conn:
        rows = conn.execute("SELECT key, state FROM trail_objects ORDER BY key")
        return [(row["key"], row["state"]) for row in rows]


@pytest.fixture
def archive_url(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: Any) -> str:
    if request.param == "folder":
        return str(tmp_path / "archive")
    for name, value in KEYS.items():
        monkeypatch.setenv(name.upper(), value)
    url = request.getfixturevalue("moto_url")
    monkeypatch.setenv("AWS_ENDPOINT_URL", url)
    name = f"raw-{tmp_path.name.replace('_', '-')}"[:60].rstrip("-").lower()
    boto3.client("s3", endpoint_url=url, region_name="us-east-1").create_bucket(Bucket=name)
    return f"s3://{name}/archive"


@pytest.mark.parametrize("archive_url", ["folder", "s3"], indirect=True)
def test_the_same_content_is_stored_once_however_it_is_packed(
    database: Database, archive_url: str
) -> None:
    settings = Settings(archive_url=archive_url, aws_region="us-east-1")
    archiving = Archiving(database, settings)
    (first,) = archiving.keep("default", BODY)
    assert first.new
    with database.transaction("default") as conn:
        conn.execute("UPDATE trail_objects SET state = 'done'")
    for body in (BODY, gzip.compress(BODY), gzip.compress(BODY, 1, mtime=7)):
        assert [stored.new for stored in archiving.keep("default", body)] == [False]
    assert _keys(database) == [(first.key, "done")]
    with database.transaction("default") as conn:
        (trail,) = objects.trails(conn, tenant_id="default")
    source = open_trail(trail.url, trail.endpoint_url, trail.region)
    (listed,) = source.list_day(AT.date())
    assert (listed.key, listed.account_id) == (first.key, ACCOUNT)
    assert json.loads(gzip.decompress(source.read(first.key))) == json.loads(BODY)
    with database.transaction("default") as conn:
        again = objects.register(
            conn, tenant_id="default", trail_id=trail.trail_id, objects=[listed]
        )
    assert again == 0
    source.close()


def test_a_file_with_cloudtrail_s_key_is_kept_as_it_is_on_its_own_day(
    database: Database, tmp_path: Path
) -> None:
    archiving = Archiving(database, Settings(archive_url=str(tmp_path)))
    damaged = gzip.compress(BODY)[:-9]
    (stored,) = archiving.keep("default", damaged, KEY)
    assert "/2026/03/11/" in stored.key
    assert (tmp_path / "default" / stored.key).read_bytes() == damaged


def test_tenants_are_kept_apart_and_must_be_known(database: Database, tmp_path: Path) -> None:
    archiving = Archiving(database, Settings(archive_url=str(tmp_path / "archive")))
    with pytest.raises(UnknownTenantError, match=r"no tenant \.\."):
        archiving.keep("..", BODY)
    with database.admin() as conn:
        conn.execute("INSERT INTO tenants (tenant_id, name) VALUES ('..', 'x'), ('b/c', 'y')")
    for tenant_id in ("..", "b/c", "default"):
        archiving.keep(tenant_id, BODY)
        assert len(_keys(database, tenant_id)) == 1
    names = sorted(path.name for path in (tmp_path / "archive").iterdir())
    assert names == ["%2E%2E", "b%2Fc", "default"]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["archive"]


def test_of_many_bodies_at_once_only_two_are_in_memory_unpacked(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    busy: list[int] = []
    most: list[int] = []

    def repacked(content: bytes, *, max_bytes: int) -> list[Part]:
        busy.append(1)
        most.append(len(busy))
        time.sleep(0.02)
        busy.pop()
        return repack(content, max_bytes=max_bytes)

    monkeypatch.setattr("cost_pipeline.intake.archiving.repack", repacked)
    archiving = Archiving(database, Settings(archive_url=str(tmp_path)))
    with ThreadPoolExecutor(6) as pool:
        list(pool.map(lambda _: archiving.keep("default", BODY), range(6)))
    assert max(most) <= 2
