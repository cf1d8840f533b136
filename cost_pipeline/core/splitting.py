"""Where one record of a log file ends and the next begins, whatever the records hold.

The quick way tries: a `}` before a comma or bracket ends a record when what lies before it is
one whole JSON value. Where that finds nothing soon (a lone surrogate, nesting beyond any
decoder, a record of a million small objects) brackets outside of strings are counted, so that
a record that no decoder takes costs itself and not its file.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice

import msgspec


class UnreadableFileError(Exception):
    """The whole file cannot be read; the message says why, in words for a person."""


class TooLargeError(UnreadableFileError):
    """The file holds more than the reader has room for."""


LONGEST_RECORD = 1 << 24
_FARTHEST_START = 1 << 20
_TRIES = 64
_START = re.compile(rb'"Records"\s*:\s*\[')
_BETWEEN = re.compile(rb"[\s,]*")
_OBJECT_END = re.compile(rb"\}(?=\s*[,\]])")
_OTHER_END = re.compile(rb"(?=[,\]])")
_TOKEN = re.compile(rb'"(?:[^"\\]++|\\.)*+"|[\[{]|[\]}]|"', re.DOTALL)
_whole = msgspec.json.Decoder(msgspec.Raw)


def split(pieces: Iterator[bytes]) -> Iterator[bytes]:
    """The bytes of each record, from the decompressed pieces of a file.

    Raises `UnreadableFileError` where there is no list of records, or no end of it: if need be
    after some records.
    """
    buffer, position = _after_start(pieces)
    while True:
        position = _skip(buffer, position)
        if buffer[position : position + 1] == b"]":
            _drain(pieces, buffer[position + 1 :])
            return
        end = _end_of_value(buffer, position)
        if end is not None:
            yield buffer[position:end]
            position = end
            continue
        piece = next(pieces, None)
        if piece is None:
            raise UnreadableFileError("not complete JSON: the file ends within its records")
        if len(buffer) - position > LONGEST_RECORD:
            raise UnreadableFileError(f"a record is longer than {LONGEST_RECORD} bytes")
        buffer, position = buffer[position:] + piece, 0


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
    is_object = buffer[position : position + 1] == b"{"
    pattern = _OBJECT_END if is_object else _OTHER_END
    for found in islice(pattern.finditer(buffer, position), _TRIES):
        try:
            _whole.decode(memoryview(buffer)[position : found.end()])
        except (msgspec.DecodeError, RecursionError):
            continue
        return found.end()
    return _closing_bracket(buffer, position)


def _closing_bracket(buffer: bytes, position: int) -> int | None:
    """Where the brackets that open at `position` are closed again; strings count for nothing.

    A bare word (`NaN`) ends before the comma or bracket that follows it.
    """
    if buffer[position : position + 1] not in (b"{", b"["):
        bare = re.compile(rb"[^\s,\[\]{}\"]++(?=\s*[,\]])").match(buffer, position)
        return bare.end() if bare else None
    depth = 0
    for token in _TOKEN.finditer(buffer, position):
        first = token[0]
        if first == b'"':
            return None
        depth += (first in (b"{", b"[")) - (first in (b"}", b"]"))
        if depth == 0:
            return token.end()
    return None


def _drain(pieces: Iterator[bytes], rest: bytes) -> None:
    """Reads to the end, so that a file cut short after its records is noticed."""
    tail = rest.rstrip()[-1:]
    for piece in pieces:
        tail = piece.rstrip()[-1:] or tail
    if tail != b"}":
        raise UnreadableFileError("not complete JSON: the file ends before its last bracket")
