import gzip
import json

import pytest

from cost_pipeline.core.loose_files import loose_records
from cost_pipeline.core.splitting import UnreadableFileError

ONE, TWO = {"eventName": "A"}, {"eventName": "B"}


@pytest.mark.parametrize(
    "content",
    [
        json.dumps({"Records": [ONE, TWO]}).encode(),
        gzip.compress(json.dumps({"Records": [ONE, TWO]}).encode(), mtime=0),
        json.dumps([ONE, TWO], indent=1).encode(),
        b"\n".join(json.dumps(one).encode() for one in (ONE, TWO)),
        b"\n".join(json.dumps({"detail": one}).encode() for one in (ONE, TWO)),
        json.dumps({"Events": [{"CloudTrailEvent": json.dumps(o)} for o in (ONE, TWO)]}).encode(),
        json.dumps({"Records": [{"Records": [ONE]}, {"detail": TWO}]}).encode(),
    ],
    ids=["file", "gzip", "list", "lines", "events", "looked up", "nested"],
)
def test_records_are_found_in_every_shape_that_logs_are_passed_on_in(content: bytes) -> None:
    assert list(loose_records(content)) == [ONE, TWO]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "no CloudTrail records"),
        (b"{}", "no CloudTrail records"),
        (b'{"eventName": "A"}\nnonsense', "line 2 is not JSON"),
        (b"\x1f\x8bnot gzip", "damaged gzip"),
    ],
    ids=["empty", "an object", "broken line", "broken gzip"],
)
def test_what_holds_no_records_is_said(content: bytes, message: str) -> None:
    with pytest.raises(UnreadableFileError, match=message):
        list(loose_records(content))
