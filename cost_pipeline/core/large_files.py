"""A log file of any size, record by record, in the memory of a few records.

Where one record ends and the next begins is found by trying: a `}` before a comma or bracket
ends a record when what lies before it is one whole JSON value.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import msgspec

from cost_pipeline.core.cloudtrail import (
    Quarantined,
    Record,
    UnreadableFileError,
    read_record,
    unpack,
)

LARGE_BYTES = 1 << 26
_MOST_BYTES = 1 << 33
_LONGEST_RECORD = 1 << 24
_FARTHEST_START = 1 << 20
_START = re.compile(rb'"Records"\s*:\s*\[')
_BETWEEN = re.compile(rb"[\s,]*")
_OBJECT_END = re.compile(rb"\}(?=\s*[,\]])")
_OTHER_END = re.compile(rb"(?=[,\]])")
_whole = msgspec.json.Decoder(msgspec.Raw)


def stream_records(
    content: bytes, *, max_bytes: int = _MOST_BYTES, max_raw: int = 65_536
) -> Iterator[Record | Quarantined]:
    """Each record of a file in order, or why it cannot be read.

    Raises `UnreadableFileError` as `read_log_file` does, if need be after some records.
    """
    pieces = unpack(content, max_bytes=max_bytes)
    buffer, position = _after_start(pieces)
    offset = 0
    while True:
        position = _skip(buffer, position)
        if buffer[position : position + 1] == b"]":
            _drain(pieces, buffer[position + 1 :])
            return
        end = _end_of_value(buffer, position)
        if end is None:
            piece = next(pieces, None)
            if piece is None:
                raise UnreadableFileError("not complete JSON: the file ends within its records")
            if len(buffer) - position > _LONGEST_RECORD:
                raise UnreadableFileError(f"a record is longer than {_LONGEST_RECORD} bytes")
            buffer, position = buffer[position:] + piece, 0
            continue
        yield read_record(offset, buffer[position:end], max_raw=max_raw)
        offset, position = offset + 1, end


def _after_start(pieces: Iterator[bytes]) -> tuple[bytes, int]:
    buffer = b""
    for piece in pieces:
        buffer += piece
        found = _START.search(buffer)
        if found:
            return buffer, found.end()
        if len(buffer) > _FARTHEST_START:
            break
    raise UnreadableFileError("not a CloudTrail log file: it has no list of Records")


def _skip(buffer: bytes, position: int) -> int:
    between = _BETWEEN.match(buffer, position)
    return between.end() if between else position


def _end_of_value(buffer: bytes, position: int) -> int | None:
    """Where the value that begins at `position` ends; None if the buffer ends before it does."""
    pattern = _OBJECT_END if buffer[position : position + 1] == b"{" else _OTHER_END
    for found in pattern.finditer(buffer, position):
        try:
            _whole.decode(memoryview(buffer)[position : found.end()])
        except (msgspec.DecodeError, RecursionError):
            continue
        return found.end()
    return None


def _drain(pieces: Iterator[bytes], rest: bytes) -> None:
    """Reads to the end, so that a file cut short after its records is noticed."""
    tail = rest + b"".join(pieces)
    if tail.rstrip()[-1:] != b"}":
        raise UnreadableFileError("not complete JSON: the file ends before its last bracket")
