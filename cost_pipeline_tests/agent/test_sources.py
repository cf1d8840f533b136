"""An agent lets go of its place in a queue, bucket or account only once the file is on its disk."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from cost_pipeline.agent.sources import Files, Lookups, Notices
from cost_pipeline.agent.spool import Spool, SpoolFullError
from cost_pipeline.agent.state import State
from cost_pipeline.aws.lookup_events import LookupTrail, Pace
from cost_pipeline.aws.queue_trail import Queue, QueueTrail
from cost_pipeline.aws.s3_trail import S3Trail
from cost_pipeline.aws.trails import TrailError
from cost_pipeline_tests.fixtures.buckets import Bucket

NOW = datetime(2026, 3, 10, 12, tzinfo=UTC)
KEY = "AWSLogs/111122223333/CloudTrail/eu-west-1/2026/03/10/{}.json.gz"


class Messages:
    """A queue in memory: what is not deleted is received again."""

    def __init__(self) -> None:
        self.bodies: dict[str, str] = {}
        self._shown: set[str] = set()

    def tell(self, name: str) -> None:
        body = {"s3Bucket": "logs", "s3ObjectKey": [KEY.format(name)]}
        self.bodies[name] = json.dumps(body)

    def receive_message(self, **request: Any) -> dict[str, Any]:
        found = [name for name in self.bodies if name not in self._shown][:10]
        self._shown |= set(found)
        return {
            "Messages": [
                {"MessageId": name, "ReceiptHandle": name, "Body": self.bodies[name]}
                for name in found
            ]
        }

    def delete_message_batch(self, **request: Any) -> dict[str, Any]:
        for entry in request["Entries"]:
            del self.bodies[entry["ReceiptHandle"]]
        return {}

    def show_again(self) -> None:
        self._shown.clear()


@pytest.fixture
def bucket() -> Bucket:
    return Bucket()


@pytest.fixture
def state(tmp_path: Path) -> Iterator[State]:
    memory = State(tmp_path / "state.sqlite")
    yield memory
    memory.close()


def _keys(spool: Spool) -> list[str]:
    return [waiting.key for waiting in spool]


def test_a_message_goes_once_its_file_is_in_the_spool(bucket: Bucket, tmp_path: Path) -> None:
    messages = Messages()
    for name in "abc":
        bucket.put(KEY.format(name), name.encode() * 400)
        messages.tell(name)
    messages.bodies["poison"] = "hello"
    messages.tell("gone")
    trail = QueueTrail(bucket, "sqs://host/1/q")
    source = Notices(Queue(messages, "q"), trail)
    spool = Spool(tmp_path / "spool", 1200)
    with pytest.raises(SpoolFullError):
        source.take(spool, NOW)
    assert _keys(spool) == [f"logs/{KEY.format(name)}" for name in "ab"]
    assert sorted(messages.bodies) == ["c", "gone", "poison"]
    for waiting in spool:
        spool.done(waiting)
    messages.show_again()
    source.take(spool, NOW)
    assert messages.bodies == {}
    assert _keys(spool) == [f"logs/{KEY.format('c')}"]
    aside = {path.stem: path.read_text() for path in (tmp_path / "spool/refused").iterdir()}
    assert sorted(aside) == ["gone", "poison"]
    assert "not JSON" in aside["poison"]
    trail.close()


class Locked(Bucket):
    """A bucket of which one file may not be read."""

    def get_object(self, **request: Any) -> dict[str, Any]:
        if request["Key"] == KEY.format("a"):
            raise ClientError({"Error": {"Code": "AccessDenied"}}, "GetObject")
        return super().get_object(**request)


def test_a_file_that_may_not_be_read_is_told_and_stops_no_other(
    state: State, tmp_path: Path
) -> None:
    bucket, messages = Locked(), Messages()
    for name in "ab":
        bucket.put(KEY.format(name), name.encode())
        messages.tell(name)
    listed, queued = S3Trail(bucket, "logs"), QueueTrail(bucket, "sqs://host/1/q")
    sources = Files(listed, state, timedelta(hours=48)), Notices(Queue(messages, "q"), queued)
    for number, source in enumerate(sources):
        spool = Spool(tmp_path / f"spool {number}", 1 << 20)
        with pytest.raises(TrailError, match="access was denied"):
            source.take(spool, NOW)
        assert [waiting.content for waiting in spool] == [b"b"]
    assert list(messages.bodies) == ["a"]
    listed.close()
    queued.close()


def test_a_bucket_is_taken_once_and_what_was_rewritten_again(
    bucket: Bucket, state: State, tmp_path: Path
) -> None:
    bucket.put(KEY.format("a"), b"1")
    trail = S3Trail(bucket, "logs")
    source, spool = Files(trail, state, timedelta(hours=48)), Spool(tmp_path / "spool", 1 << 20)
    assert source.calls_aws
    assert [source.take(spool, NOW) for _ in range(2)] == [1, 0]
    bucket.put(KEY.format("a"), b"2")
    assert source.take(spool, NOW) == 1
    assert [waiting.content for waiting in spool] == [b"1", b"2"]
    trail.close()


def test_lookups_go_on_from_where_they_stood(
    state: State, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    record = {"eventID": "one", "eventTime": f"{NOW:%Y-%m-%dT%H:%M:%SZ}"}
    event = {
        "EventId": "one",
        "EventTime": NOW - timedelta(hours=1),
        "CloudTrailEvent": json.dumps(record),
    }

    class Client:
        def lookup_events(self, **request: Any) -> dict[str, Any]:
            fits = request["StartTime"] <= event["EventTime"] <= request["EndTime"]
            return {"Events": [event] if fits else []}

    monkeypatch.setattr(LookupTrail, "client", lambda *_: Client())
    trail = LookupTrail("lookup://111122223333/eu-west-1")
    trail.paces = {"eu-west-1": Pace(0)}
    full = Spool(tmp_path / "full", 1)
    full.put(b"something")
    source, spool = Lookups(trail, state), Spool(tmp_path / "spool", 1 << 20)
    for _ in range(2):
        source.take(full, NOW - timedelta(hours=2))  # nothing new, so nothing is put
    with pytest.raises(SpoolFullError):
        source.take(full, NOW)
    assert [source.take(spool, NOW + timedelta(minutes=n)) for n in (0, 1, 2)] == [1, 0, 0]
    (waiting,) = spool
    assert json.loads(waiting.content) == {"Records": [record]}
    trail.close()
