"""What is pushed becomes one file for each account and region, the same whatever its wrapping."""

import gzip
import json
from datetime import UTC, datetime
from typing import Any

import pytest

from cost_pipeline.core.cloudtrail import read_log_file
from cost_pipeline.core.repack import repack
from cost_pipeline.core.splitting import UnreadableFileError


def _record(account: str, region: str, time: str = "2026-03-10T09:00:00Z") -> dict[str, Any]:
    return {
        "eventID": "e",
        "eventTime": time,
        "recipientAccountId": account,
        "awsRegion": region,
        "eventSource": "ec2.amazonaws.com",
        "eventName": "RunInstances",
    }


def _body(*records: Any) -> bytes:
    return json.dumps({"Records": records}).encode()


ONE, TWO = "1" * 12, "2" * 12


def test_accounts_and_regions_are_kept_apart() -> None:
    late = _record(ONE, "eu-west-1", "2026-03-10T23:59:59Z")
    parts = repack(
        _body(_record(ONE, "eu-west-1"), _record(TWO, "eu-west-1"), late), max_bytes=10_000
    )
    assert [(p.account_id, p.region) for p in parts] == [(ONE, "eu-west-1"), (TWO, "eu-west-1")]
    assert parts[0].newest == datetime(2026, 3, 10, 23, 59, 59, tzinfo=UTC)
    assert len(read_log_file(parts[0].content).records) == 2


def test_gzipped_or_plain_is_the_same_content() -> None:
    body = _body(_record(ONE, "eu-west-1"))
    plain, packed = repack(body, max_bytes=9999), repack(gzip.compress(body), max_bytes=9999)
    assert plain == packed
    assert plain[0].digest == packed[0].digest


def test_the_event_of_an_eventbridge_rule_is_one_record() -> None:
    event = {"detail-type": "AWS API Call via CloudTrail", "detail": _record(ONE, "eu-west-1")}
    (part,) = repack(json.dumps(event).encode(), max_bytes=9999)
    assert [r.event_name for r in read_log_file(part.content).records] == ["RunInstances"]


@pytest.mark.parametrize("bad", [7, {"eventTime": "soon"}, {"recipientAccountId": "../../etc"}])
def test_a_bad_record_is_kept_where_reading_tells_of_it(bad: Any) -> None:
    parts = repack(_body(_record(ONE, "../x"), bad), max_bytes=9999)
    assert {p.account_id for p in parts} == {"0" * 12, ONE}
    assert {p.region for p in parts} == {"us-east-1"}


@pytest.mark.parametrize("time", ["0001-01-01T00:00:00+14:00", "0987-01-01T00:00:00Z"])
def test_a_time_that_no_call_can_have_does_not_name_a_file(time: str) -> None:
    bad, good = _record(ONE, "eu-west-1", time), _record(ONE, "eu-west-1")
    (part,) = repack(_body(bad, good), max_bytes=9999)
    assert part.newest == datetime(2026, 3, 10, 9, tzinfo=UTC)
    with pytest.raises(UnreadableFileError, match="no record"):
        repack(_body(bad), max_bytes=9999)


def test_a_region_as_long_as_no_file_name_can_be_is_none() -> None:
    (part,) = repack(_body(_record(ONE, "x" * 300)), max_bytes=9999)
    assert part.region == "us-east-1"


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (b"", "not a CloudTrail log file"),
        (b'{"Records": [', "not a CloudTrail log file"),
        (b'{"hello": 1}', "neither"),
        (_body(), "no record"),
        (_body({"a": 1}), "no record"),
        (b"\x1f\x8b broken", "gzip"),
        (gzip.compress(_body(_record(ONE, "x") | {"a": "b" * 99_999})), "larger"),
    ],
    ids=["empty", "cut", "foreign", "none", "undated", "gzip", "large"],
)
def test_what_is_no_log_is_refused_with_the_reason(body: bytes, why: str) -> None:
    with pytest.raises(UnreadableFileError, match=why):
        repack(body, max_bytes=50_000)
