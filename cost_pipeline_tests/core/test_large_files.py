"""A large file yields what a small one does, in little memory."""

import gzip
import json
import time
import tracemalloc
from collections.abc import Iterator

import pytest

from cost_pipeline.core.cloudtrail import Quarantined, read_log_file
from cost_pipeline.core.large_files import stream_records
from cost_pipeline.core.splitting import UnreadableFileError

RECORD = {
    "eventVersion": "1.09",
    "eventID": "3fcfb182",
    "eventTime": "2026-11-10T16:24:34Z",
    "eventSource": "ec2.amazonaws.com",
    "eventName": "RunInstances",
    "requestParameters": {"instancesSet": {"items": [{"a": 1}, {"b": "},{"}]}, "x": "]}"},
}


def _log(*records: object, **around: object) -> bytes:
    return json.dumps({**around, "Records": records}).encode()


def test_streaming_gives_what_reading_at_once_gives() -> None:
    content = gzip.compress(_log(*[RECORD | {"eventID": str(n)} for n in range(500)], before=[1]))
    assert list(stream_records(content)) == read_log_file(content).records


def test_bad_records_are_told_apart_from_their_neighbours() -> None:
    found = list(stream_records(_log(RECORD, "no record, at all", 7, {"eventID": 1}, RECORD)))
    bad = [one.offset for one in found if isinstance(one, Quarantined)]
    assert bad == [1, 2, 3]
    assert len(found) == 5


DAMAGED = {
    "a lone surrogate": rb'"\ud800"',
    "a control character": b'"\x01"',
    "half a character": b'"\xff"',
    "no number": b"NaN",
    "an endless number": b"1e999",
    "an escape that is none": rb'"\x"',
    "brackets without end": b"[" * 100_000 + b"]" * 100_000,
}


@pytest.mark.parametrize("damage", DAMAGED.values(), ids=DAMAGED)
def test_a_record_that_no_decoder_takes_costs_only_itself(damage: bytes) -> None:
    bad = json.dumps(RECORD | {"userAgent": "?"}).encode().replace(b'"?"', damage)
    good = json.dumps(RECORD).encode()
    content = b'{"Records":[' + b", ".join([good, bad, good]) + b"]}"
    log = read_log_file(content)
    (aside,) = log.quarantined
    assert (aside.offset, len(log.records)) == (1, 2)
    assert aside.reason
    assert aside.raw == bad[: len(aside.raw)]
    assert [isinstance(one, Quarantined) for one in stream_records(content)] == [False, True, False]


def test_a_record_of_many_small_objects_does_not_hold_up_the_rest() -> None:
    many = RECORD | {"requestParameters": [{}] * 300_000}
    started = time.process_time()
    assert len(list(stream_records(_log(RECORD, many, RECORD)))) == 3
    assert time.process_time() - started < 5


def test_blanks_without_end_take_no_memory() -> None:
    content = gzip.compress(_log(RECORD)[:-1] + b" " * 50_000_000 + b"}", 1)
    tracemalloc.start()
    assert _count(stream_records(content)) == 1
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 30_000_000


def test_no_records_is_an_empty_file_of_its_kind() -> None:
    assert list(stream_records(_log())) == []


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (_log(RECORD, RECORD)[:-40], "not complete JSON"),
        (_log(RECORD)[:-1], "not complete JSON"),
        (gzip.compress(_log(RECORD))[:-12], "truncated gzip"),
        (b'{"digestS3Bucket": "trail"}', "not a CloudTrail log file"),
    ],
    ids=lambda part: part if isinstance(part, str) else "",  # gzip carries the time of day
)
def test_an_unreadable_file_says_why(content: bytes, reason: str) -> None:
    with pytest.raises(UnreadableFileError, match=reason):
        list(stream_records(content))


def test_memory_does_not_grow_with_the_file() -> None:
    one = json.dumps(RECORD | {"userAgent": "x" * 4_000}).encode()
    content = gzip.compress(b'{"Records":[' + b",".join([one] * 10_000) + b"]}", 1)
    tracemalloc.start()
    count = _count(stream_records(content))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert count == 10_000
    assert peak < 20_000_000 < 10_000 * len(one)


def _count(records: Iterator[object]) -> int:
    return sum(1 for _ in records)
