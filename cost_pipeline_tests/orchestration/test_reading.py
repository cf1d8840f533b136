"""A file is read as far as it can be, and what cannot be read costs only itself."""

import gzip
import json
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from cost_pipeline.aws.trails import TrailError
from cost_pipeline.catalog.loader import load_catalog
from cost_pipeline.orchestration import outbound, reading
from cost_pipeline.orchestration.reading import Normalizer, fetch
from cost_pipeline.prices.book import PriceBook
from cost_pipeline.store import governance
from cost_pipeline.store.database import Database
from cost_pipeline.store.ingest import IngestedFile, Staged
from cost_pipeline.store.objects import TrailObject
from cost_pipeline_tests.fixtures.trail import Record, moment, run_instances

DAY = date(2026, 3, 1)
NORMALIZER = Normalizer("default", DAY, load_catalog(), PriceBook.packaged())


def _content(*records: Record) -> bytes:
    return gzip.compress(json.dumps({"Records": records}).encode())


def _file(*records: Record) -> IngestedFile:
    return NORMALIZER.file(1, _content(*records))


@pytest.mark.parametrize(
    "changes",
    [
        {"eventTime": "0001-01-01T00:00:00+14:00"},
        {"eventTime": "yesterday"},
        {"recipientAccountId": None, "userIdentity": "root"},
        {"eventID": None},
    ],
)
def test_a_record_that_cannot_be_understood_is_set_aside(changes: dict[str, Any]) -> None:
    good = run_instances("good", moment(1))
    file = _file(good, run_instances("bad", moment(1)) | changes, good | {"eventID": "good too"})
    assert file.error is None
    assert file.records == 3
    assert [event.event_id for event in file.events] == ["good", "good too"]
    (aside,) = file.quarantined
    assert aside.offset == 1
    assert aside.reason
    assert b"RunInstances" in aside.raw


def test_a_character_that_postgres_cannot_keep_is_replaced() -> None:
    record = run_instances("nul", moment(1)) | {"userAgent": "a\x00b"}
    record["userIdentity"]["userName"] = "eve\x00"
    text = Staged.of(_file(record), tenant_id="default").events.decode()
    assert "\teve\ufffd\t" in text
    assert '"user_agent":"a\\\\ufffdb"' in text


def test_a_file_of_much_text_is_unpacked_when_its_turn_comes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    content = _content(run_instances("one", moment(1)))
    monkeypatch.setattr(reading, "_LARGEST_AHEAD", 10)
    waiting = reading.unpacked_ahead((1, content))
    assert waiting == (1, content)
    assert len(NORMALIZER.ingested(waiting).events) == 1


class Trail:
    """A trail that answers as told."""

    def __init__(self, answers: dict[str, bytes | TrailError]) -> None:
        self._answers = answers

    def read(self, key: str) -> bytes:
        answer = self._answers[key]
        if isinstance(answer, TrailError):
            raise answer
        return answer


def _read(
    answers: dict[str, bytes | TrailError], state: str = "pending", *, readers: int = 8
) -> list[IngestedFile]:
    files = [TrailObject(n, 7, key, 100, state) for n, key in enumerate(answers)]
    return _ingested(files, {7: Trail(answers)}, readers=readers)


def _ingested(files: list[TrailObject], sources: Any, *, readers: int) -> list[IngestedFile]:
    contents = fetch(files, sources, lambda done: None, readers)
    return [NORMALIZER.ingested(content) for content in contents]


@pytest.mark.parametrize("readers", [0, 8])
def test_files_come_in_order_however_many_there_are(readers: int) -> None:
    content = _content(run_instances("one", moment(1)))
    found = _read({f"file {n}": content for n in range(100)}, readers=readers)
    assert [file.object_id for file in found] == list(range(100))
    assert all(len(file.events) == 1 for file in found)


def test_a_file_that_may_not_be_read_harms_no_other() -> None:
    denied = TrailError("access was denied", "denied")
    first, second = _read({"a": denied, "b": _content(run_instances("one", moment(1)))})
    assert first.error == "access was denied"
    assert len(second.events) == 1


def test_a_file_that_is_gone_is_a_failure_unless_it_was_read_before() -> None:
    gone = TrailError("no longer there", "gone")
    assert [file.error for file in _read({"a": gone})] == ["no longer there"]
    assert _read({"a": gone}, "done") == []


def test_a_trail_that_does_not_answer_is_no_fault_of_a_file() -> None:
    with pytest.raises(TrailError):
        _read({"a": TrailError("the endpoint does not answer", "unreachable")})


class _Bucket:
    """Files that somebody stops reading half-way."""

    def __init__(self, stop: Callable[[], None]) -> None:
        self.read_keys: list[str] = []
        self._stop = stop

    def read(self, key: str) -> bytes:
        """The bytes of one file; at the third, panic is thrown."""
        self.read_keys.append(key)
        if len(self.read_keys) == 3:
            self._stop()
        return _content(run_instances(key, moment(1)))


def test_panic_in_the_middle_of_a_day_leaves_the_rest_waiting(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    def panic() -> None:
        with database.transaction("default") as conn:
            governance.put(conn, tenant_id="default", key=governance.PANIC, value=True, by="ada")

    monkeypatch.setattr(outbound, "LOOK_SECONDS", 0.0)
    bucket = _Bucket(panic)
    sources = {1: outbound.Permitted(bucket, outbound.Permit(database, "default"))}
    files = [TrailObject(n, 1, f"file-{n}", 10, "pending") for n in range(8)]
    found = _ingested(files, sources, readers=1)
    assert bucket.read_keys == ["file-0", "file-1", "file-2"]
    assert [file.object_id for file in found] == [0, 1, 2]
    assert all(file.events and file.error is None for file in found)
