"""LookupEvents of a server that speaks AWS's protocol: all events, once, at AWS's pace."""

import gzip
import json
import random
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from dagster import SkipReason, build_sensor_context

from cost_pipeline.aws.lookup_events import LookupTrail, Pace, Position, read_slice
from cost_pipeline.aws.trails import TrailError
from cost_pipeline.intake.archiving import Archiving
from cost_pipeline.intake.lookups import advance
from cost_pipeline.orchestration.lookups import lookup_sensor
from cost_pipeline.orchestration.resources import PostgresDatabase, TrailReader
from cost_pipeline.settings import Settings
from cost_pipeline.store import governance, health, objects
from cost_pipeline.store.database import Database

NOW = datetime(2026, 3, 10, 12, tzinfo=UTC)
ACCOUNT = "111122223333"


class CloudTrail(ThreadingHTTPServer):
    """Answers LookupEvents as AWS does: the newest first, fifty a call, both ends included."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Answers)
        self.events: list[tuple[datetime, str]] = []
        self.calls = 0
        self.refusals: list[str] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    def add(self, name: str, at: datetime) -> None:
        self.events.append((at.replace(microsecond=0), name))

    def answer(self, request: dict[str, Any]) -> dict[str, Any]:
        since, until = request["StartTime"], request["EndTime"]
        assert request["LookupAttributes"] == [
            {"AttributeKey": "ReadOnly", "AttributeValue": "false"}
        ]
        fitting = sorted(
            (e for e in self.events if since <= e[0].timestamp() <= until), reverse=True
        )
        start = int(request.get("NextToken") or 0)
        page = fitting[start : start + request["MaxResults"]]
        more = start + len(page) < len(fitting)
        return {"Events": [_event(*e) for e in page]} | (
            {"NextToken": str(start + len(page))} if more else {}
        )


def _event(at: datetime, name: str) -> dict[str, Any]:
    record = {
        "eventID": name,
        "eventTime": f"{at:%Y-%m-%dT%H:%M:%SZ}",
        "eventSource": "ec2.amazonaws.com",
        "eventName": "RunInstances",
        "awsRegion": "eu-west-1",
        "recipientAccountId": ACCOUNT,
    }
    return {"EventId": name, "EventTime": at.timestamp(), "CloudTrailEvent": json.dumps(record)}


class _Answers(BaseHTTPRequestHandler):
    server: CloudTrail

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        assert self.headers["X-Amz-Target"].endswith(".LookupEvents")
        self.server.calls += 1
        status, answer = 200, {}
        if self.server.refusals:
            status, answer = 400, {"__type": self.server.refusals.pop(0), "message": "no"}
        else:
            answer = self.server.answer(body)
        content = json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/x-amz-json-1.1")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture
def cloudtrail(monkeypatch: pytest.MonkeyPatch) -> Iterator[CloudTrail]:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    server = CloudTrail()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def _ids(records: list[bytes]) -> list[str]:
    return [json.loads(record)["eventID"] for record in records]


@pytest.mark.parametrize("most_calls", [1, 3, 100])
def test_every_event_comes_once_however_many_calls_are_made_at_a_time(
    cloudtrail: CloudTrail, most_calls: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cost_pipeline.aws.lookup_events.WINDOW", timedelta(hours=6))
    chance = random.Random(5)  # noqa: S311 - a reproducible course of events
    for number in range(400):
        back = timedelta(hours=30) * chance.random() if number < 250 else timedelta(hours=7)
        cloudtrail.add(f"{number}", NOW - back)
    trail = LookupTrail(f"lookup://{ACCOUNT}/eu-west-1", endpoint_url=cloudtrail.url)
    client, pace = trail.client("eu-west-1"), Pace(0)
    position, found = Position(NOW - timedelta(hours=40)), list[str]()
    for _ in range(60):
        part = read_slice(client, position, NOW, most_calls=most_calls, pace=pace)
        position = part.position
        found += _ids(part.records)
    assert sorted(found) == sorted(name for _, name in cloudtrail.events)
    assert position.complete_until == NOW
    assert position.window_end is None
    trail.close()


def test_events_that_show_up_late_come_too_and_none_twice(cloudtrail: CloudTrail) -> None:
    chance = random.Random(6)  # noqa: S311 - a reproducible course of events
    hidden = []
    for number in range(300):
        at = NOW + timedelta(minutes=180 * chance.random())
        hidden.append((at + timedelta(minutes=15 * chance.random()), at, f"{number}"))
    trail = LookupTrail(f"lookup://{ACCOUNT}/eu-west-1", endpoint_url=cloudtrail.url)
    client, position, found = trail.client("eu-west-1"), Position(NOW), list[str]()
    for minute in range(0, 200, 5):
        now = NOW + timedelta(minutes=minute)
        for late in [one for one in hidden if one[0] <= now]:
            hidden.remove(late)
            cloudtrail.add(late[2], late[1])
        part = read_slice(client, position, now, most_calls=2, pace=Pace(0))
        position = part.position
        found += _ids(part.records)
    assert len(found) == 300
    assert len(set(found)) == 300
    assert len(position.seen) < 150
    trail.close()


def test_calls_are_half_a_second_apart() -> None:
    clock, slept = [100.0], list[float]()

    def sleep(seconds: float) -> None:
        slept.append(round(seconds, 3))
        clock[0] += seconds

    pace = Pace(clock=lambda: clock[0], sleep=sleep)
    pace.wait()
    pace.wait()
    clock[0] += 0.2
    pace.wait()
    clock[0] += 9
    pace.wait()
    assert slept == [0.5, 0.3]


def _advance(
    database: Database, cloudtrail: CloudTrail, archive: Path, now: datetime = NOW
) -> list[str]:
    url = f"lookup://{ACCOUNT}/eu-west-1"
    with database.transaction("default") as conn:
        trail = objects.ensure_trail(conn, tenant_id="default", url=url)
    source = LookupTrail(url, endpoint_url=cloudtrail.url)
    source.paces = {"eu-west-1": Pace(0)}
    archiving = Archiving(database, Settings(archive_url=str(archive)))
    try:
        done = advance(database, archiving, "default", trail.trail_id, source, now, most_calls=400)
        return [str(one) for one in done]
    finally:
        source.close()


def _archived(archive: Path) -> list[str]:
    found: list[str] = []
    for path in sorted(archive.rglob("*.json.gz")):
        found += [r["eventID"] for r in json.loads(gzip.decompress(path.read_bytes()))["Records"]]
    return found


def test_what_is_looked_up_is_archived_registered_and_gone_on_from(
    cloudtrail: CloudTrail, database: Database, tmp_path: Path
) -> None:
    cloudtrail.add("forgotten", NOW - timedelta(days=91))
    cloudtrail.add("old", NOW - timedelta(days=80))
    cloudtrail.add("new", NOW - timedelta(hours=1))
    (said,) = _advance(database, cloudtrail, tmp_path)
    assert "2 new events, complete until 2026-03-10 12:00 UTC" in said
    assert sorted(_archived(tmp_path)) == ["new", "old"]
    calls = cloudtrail.calls
    cloudtrail.add("newest", NOW + timedelta(minutes=3))
    _advance(database, cloudtrail, tmp_path, NOW + timedelta(minutes=5))
    assert sorted(_archived(tmp_path)) == ["new", "newest", "old"]
    assert cloudtrail.calls == calls + 1
    with database.transaction("default") as conn:
        rows = conn.execute("SELECT state, account_id FROM trail_objects").fetchall()
    assert {(row["state"], row["account_id"]) for row in rows} == {("pending", ACCOUNT)}


def test_a_crash_before_the_position_is_kept_loses_nothing(
    cloudtrail: CloudTrail, database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cloudtrail.add("one", NOW - timedelta(hours=1))

    def crash(*_: Any, **__: Any) -> None:
        raise InterruptedError

    with monkeypatch.context() as patched:
        patched.setattr("cost_pipeline.store.lookups.keep_position", crash)
        with pytest.raises(InterruptedError):
            _advance(database, cloudtrail, tmp_path)
    _advance(database, cloudtrail, tmp_path)
    assert _archived(tmp_path) == ["one"]


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("ThrottlingException", "slow down"),
        ("AccessDeniedException", "Allow cloudtrail:LookupEvents"),
    ],
)
def test_what_aws_refuses_is_said_and_read_again(
    cloudtrail: CloudTrail, database: Database, tmp_path: Path, code: str, words: str
) -> None:
    cloudtrail.add("one", NOW - timedelta(hours=1))
    cloudtrail.refusals = [code]
    with pytest.raises(TrailError, match=words):
        _advance(database, cloudtrail, tmp_path)
    _advance(database, cloudtrail, tmp_path)
    assert _archived(tmp_path) == ["one"]


@pytest.mark.parametrize("url", ["lookup://12/eu-west-1", f"lookup://{ACCOUNT}", "lookup:///x"])
def test_an_address_without_account_or_region_says_what_to_write(url: str) -> None:
    with pytest.raises(TrailError, match="write lookup://"):
        LookupTrail(url)


@pytest.fixture
def awake(cloudtrail: CloudTrail, settings: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Credentials, one event an hour ago, and no more than two days to look back."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    monkeypatch.setattr("cost_pipeline.aws.lookup_events.REACH", timedelta(days=2))
    monkeypatch.setattr("cost_pipeline.intake.lookups.REACH", timedelta(days=2))
    cloudtrail.add("one", datetime.now(UTC) - timedelta(hours=1))


def _look_up() -> str:
    """One tick of the sensor; what it says."""
    resources = {"database": PostgresDatabase(), "trails": TrailReader()}
    with build_sensor_context(resources=resources) as context:
        result = lookup_sensor(context)
    assert isinstance(result, SkipReason)
    return str(result.skip_message)


@pytest.mark.usefixtures("awake")
def test_the_sensor_reads_on_and_nothing_in_panic(
    cloudtrail: CloudTrail, database: Database
) -> None:
    with database.transaction("default") as conn:
        url = f"lookup://{ACCOUNT}/eu-west-1"
        objects.ensure_trail(conn, tenant_id="default", url=url, endpoint_url=cloudtrail.url)
    for panic, said in ((True, "0 events"), (False, "1 events")):
        with database.transaction("default") as conn:
            governance.put(conn, tenant_id="default", key=governance.PANIC, value=panic, by="test")
        assert said in _look_up()
    with database.transaction("default") as conn:
        (due,) = objects.due_days(conn, tenant_id="default")
    assert due.files == 1


@pytest.mark.usefixtures("awake")
def test_an_account_that_cannot_be_opened_does_not_stop_the_others(
    cloudtrail: CloudTrail, database: Database
) -> None:
    with database.transaction("default") as conn:
        for url in ("lookup://12/eu-west-1", f"lookup://{ACCOUNT}/eu-west-1"):
            objects.ensure_trail(conn, tenant_id="default", url=url, endpoint_url=cloudtrail.url)
    assert "1 events" in _look_up()
    with database.transaction("default") as conn:
        errors = [row["error"] for row in health.overview(conn, tenant_id="default")["trails"]]
    assert "write lookup://" in errors[0]
    assert errors[1] is None
