import gzip
import json

import pytest

from cost_pipeline.core.cloudtrail import read_log_file
from cost_pipeline.core.splitting import UnreadableFileError

RECORD = {
    "eventID": "3fcfb182-98f8-4744-bd45-10a395ab61cb",
    "eventTime": "2026-11-10T16:24:34Z",
    "eventSource": "lambda.amazonaws.com",
    "eventName": "CreateFunction20150331v2",
    "requestParameters": None,
}


def log(*records: object) -> bytes:
    return json.dumps({"Records": records}).encode()


def test_plain_and_gzipped_files_read_the_same() -> None:
    content = log(RECORD, RECORD)
    assert read_log_file(content) == read_log_file(gzip.compress(content))


def test_several_gzip_members_are_one_file() -> None:
    content = log(RECORD)
    members = gzip.compress(content[:20]) + gzip.compress(content[20:])
    assert len(read_log_file(members).records) == 1


def test_the_version_suffix_is_no_part_of_the_call() -> None:
    (record,) = read_log_file(log(RECORD)).records
    assert record.call == ("lambda.amazonaws.com", "CreateFunction")


def test_a_bad_record_is_quarantined_and_its_neighbours_are_read() -> None:
    log_file = read_log_file(log(RECORD, "not a record", RECORD))
    assert len(log_file.records) == 2
    (bad,) = log_file.quarantined
    assert (bad.offset, bad.raw) == (1, b'"not a record"')
    assert "Expected `object`" in bad.reason


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "empty"),
        (gzip.compress(b""), "empty"),
        (gzip.compress(log(RECORD))[:-12], "truncated gzip"),
        (gzip.compress(log(RECORD))[:15] + b"\xff" * 40, "gzip"),
        (log(RECORD)[:-30], "not complete JSON"),
        (b'{"digestS3Bucket": "trail"}', "not a CloudTrail log file"),
        (b"[1, 2]", "not a CloudTrail log file"),
    ],
    ids=lambda part: part if isinstance(part, str) else "",  # gzip carries the time of day
)
def test_an_unreadable_file_says_why(content: bytes, reason: str) -> None:
    with pytest.raises(UnreadableFileError, match=reason):
        read_log_file(content)


def test_a_zip_bomb_stops_at_the_bound() -> None:
    bomb = gzip.compress(b" " * 10_000_000)
    with pytest.raises(UnreadableFileError, match="larger than 1000000 bytes"):
        read_log_file(bomb, max_bytes=1_000_000)
