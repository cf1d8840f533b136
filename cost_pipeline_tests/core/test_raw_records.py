"""One record among many, as it stands in the file."""

import gzip
import json
from typing import Any

import pytest

from cost_pipeline.core.raw_records import as_text, find
from cost_pipeline.core.splitting import UnreadableFileError
from cost_pipeline_tests.fixtures.hostile import NAMES, STEERING
from cost_pipeline_tests.fixtures.trail import moment, run_instances

RECORDS = [run_instances(name, moment(1)) for name in ("one", "two", "nul\x00")]


def _file(*records: Any) -> bytes:
    return gzip.compress(json.dumps({"Records": records}).encode())


def test_it_is_found_by_its_id_wherever_the_id_is_mentioned_before() -> None:
    mentions = run_instances("other", moment(1)) | {"sharedEventID": "two", "userAgent": "two"}
    found = find(_file(mentions, {"eventID": 7}, "no record", *RECORDS), "two")
    assert found is not None
    assert json.loads(found) == RECORDS[1]
    assert find(_file(*RECORDS), "three") is None


def test_an_id_that_postgres_could_not_keep_is_found_by_what_it_kept() -> None:
    found = find(_file(*RECORDS), "nul\ufffd")
    assert found is not None
    assert json.loads(found)["eventID"] == "nul\x00"


def test_a_damaged_file_says_so() -> None:
    with pytest.raises(UnreadableFileError, match="truncated gzip"):
        find(_file(*RECORDS)[:-20], "three")


@pytest.mark.parametrize("name", NAMES)
def test_whatever_it_holds_is_text_and_still_json(name: str) -> None:
    text = as_text(
        json.dumps({"userAgent": NAMES[name]}, ensure_ascii=False).encode("utf-8", "surrogatepass")
    )
    assert not set(STEERING) & set(text)
    if name != "surrogate":
        assert json.loads(text) == {"userAgent": NAMES[name]}


def test_what_cannot_be_indented_is_shown_as_it_is() -> None:
    deep = b'{"eventID":"x","a":' + b"[" * 5000 + b"]" * 5000 + b"}"
    assert as_text(deep) == deep.decode()
