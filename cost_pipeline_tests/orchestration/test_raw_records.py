"""The record behind a call comes from where it lies: a folder, a bucket, the archive."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import boto3
import pytest

from cost_pipeline.intake.archiving import Archiving
from cost_pipeline.orchestration import answering
from cost_pipeline.orchestration.loading import Loading
from cost_pipeline.orchestration.resources import TrailReader
from cost_pipeline.settings import Settings
from cost_pipeline.store import governance, objects, requests, retention
from cost_pipeline.store.database import Database
from cost_pipeline_tests.fixtures.trail import run_instances
from cost_pipeline_tests.intake.test_draining import KEYS

AT = datetime(2026, 3, 10, 9, tzinfo=UTC)
LAUNCH = run_instances("launch", AT) | {"userAgent": "<script>alert(1)</script>\u202e"}
REFUSED = run_instances("refused", AT) | {"errorCode": "UnauthorizedOperation"}
pytestmark = pytest.mark.usefixtures("settings")


@pytest.fixture(params=["folder", "bucket"])
def calls(
    request: pytest.FixtureRequest, database: Database, tmp_path: Path, monkeypatch: Any
) -> dict[str, str]:
    """The calls of a file in the archive, read: our ids by CloudTrail's."""
    url = str(tmp_path / "archive")
    if request.param == "bucket":
        for name, value in KEYS.items():
            monkeypatch.setenv(name.upper(), value)
        endpoint = request.getfixturevalue("moto_url")
        monkeypatch.setenv("AWS_ENDPOINT_URL", endpoint)
        boto3.client("s3", region_name="us-east-1").create_bucket(Bucket="raw")
        url = "s3://raw/archive"
    body = json.dumps({"Records": [run_instances("other", AT), LAUNCH, REFUSED]}).encode()
    Archiving(database, Settings(archive_url=url, aws_region="us-east-1")).keep("default", body)
    return _read(database)


def _read(database: Database) -> dict[str, str]:
    def every(conn: Any, tenant_id: str) -> list[objects.Trail]:
        return objects.trails(conn, tenant_id=tenant_id)

    list(Loading(database, TrailReader(), "default", every, live=False).days([AT.date()]))
    with database.transaction("default") as conn:
        rows = conn.execute(
            "SELECT event_id, id FROM cost_events UNION SELECT event_id, id FROM refused_calls"
        )
        return {row["event_id"]: str(row["id"]) for row in rows}


def _ask(database: Database, call: str, tenant_id: str = "default") -> dict[str, Any]:
    scope: dict[str, Any] = {"tenant_id": tenant_id, "kind": "record", "subject": call}
    with database.transaction(tenant_id) as conn:
        requests.ask(conn, by="ada", **scope)
    assert answering.answer_waiting(database, tenant_id) == 1
    with database.transaction(tenant_id) as conn:
        return requests.latest(conn, **scope)[call]


def test_it_is_the_record_as_cloudtrail_wrote_it(database: Database, calls: dict[str, str]) -> None:
    for name, record in (("launch", LAUNCH), ("refused", REFUSED)):
        said = _ask(database, calls[name])
        assert said["ok"], said["answer"]
        assert json.loads(said["answer"]) == record
        assert "\u202e" not in said["answer"]


@pytest.mark.parametrize("calls", ["bucket"], indirect=True)
def test_what_stands_in_the_way_is_said(
    database: Database, calls: dict[str, str], monkeypatch: Any
) -> None:
    with database.transaction("default") as conn:
        governance.put(conn, tenant_id="default", key="panic", value=True, by="ada")
    assert "Panic is on" in _ask(database, calls["launch"])["answer"]
    with database.transaction("default") as conn:
        governance.put(conn, tenant_id="default", key="panic", value=False, by="ada")
    s3 = boto3.resource("s3", region_name="us-east-1")
    s3.Bucket("raw").objects.delete()
    gone = _ask(database, calls["launch"])
    assert not gone["ok"]
    assert "no longer there; a lifecycle rule" in gone["answer"]
    s3.Bucket("raw").delete()
    assert "there is no bucket raw" in _ask(database, calls["launch"])["answer"]
    with database.transaction("default") as conn:
        conn.execute("DELETE FROM trail_objects")
    assert "is not known any more" in _ask(database, calls["launch"])["answer"]
    assert "not kept any more" in _ask(database, str(UUID(int=0)))["answer"]


@pytest.mark.parametrize("calls", ["folder"], indirect=True)
def test_a_folder_is_read_in_panic_and_says_what_it_lost(
    database: Database, calls: dict[str, str], tmp_path: Path
) -> None:
    with database.transaction("default") as conn:
        governance.put(conn, tenant_id="default", key="panic", value=True, by="ada")
    assert _ask(database, calls["launch"])["ok"], "nobody is called"
    (file,) = (tmp_path / "archive").rglob("*.json.gz")
    file.write_bytes(b'{"Records": []}')
    assert "no longer holds this call" in _ask(database, calls["launch"])["answer"]
    file.write_bytes(b"{}")
    assert "no list of Records" in _ask(database, calls["launch"])["answer"]
    file.unlink()
    assert "no longer there" in _ask(database, calls["launch"])["answer"]


@pytest.mark.parametrize("calls", ["folder"], indirect=True)
def test_nobody_reads_another_tenants_record(database: Database, calls: dict[str, str]) -> None:
    with database.admin() as conn:
        conn.execute("INSERT INTO tenants (tenant_id, name) VALUES ('acme', 'Acme')")
    assert not _ask(database, calls["launch"], "acme")["ok"]
    assert _ask(database, calls["launch"])["ok"]
    with database.transaction("acme") as conn:
        said = requests.latest(conn, tenant_id="default", kind="record")
    assert said == {}


@pytest.mark.parametrize("calls", ["folder"], indirect=True)
def test_it_is_kept_for_as_long_as_answers_of_aws_are(
    database: Database, calls: dict[str, str]
) -> None:
    _ask(database, calls["launch"])
    with database.transaction("default") as conn:
        conn.execute("UPDATE requests SET asked_at = now() - interval '36 days'")
        requests.ask(conn, tenant_id="default", kind="channel", subject="pager", by="ada")
    retention.enforce(database, now=datetime.now(UTC))
    with database.transaction("default") as conn:
        kinds = [row["kind"] for row in conn.execute("SELECT kind FROM requests")]
    assert kinds == ["channel"]
