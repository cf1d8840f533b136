"""The records of catalogued calls out of a whole log file, without decoding the others.

Of a hundred records about two change the bill. Their names are looked for in the text, and only
the records around a name are decoded; whether the name stands where the call's name stands, the
decoder decides. That needs to know where a record begins and ends, and CloudTrail writes every
record the same way: `eventVersion` first, no space between. A file that shows anything else is
left to the plain way (`pick` returns None): another beginning or end, letters written as escapes
(which could hide a name), records or lists of records within records, a found record that is not
one whole JSON object.

What is not looked at is not judged: a damaged record of a call that is in no catalog goes
unnoticed here, as it costs nothing either way, and one that does not begin as the others do is
not counted. A list within a record is trusted not to imitate whole records in all but its first.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache
from typing import Any

import msgspec

from cost_pipeline.core.cloudtrail import Quarantined, Record, read_record

hyperscan: Any
try:
    import hyperscan
except ImportError:  # not built for every platform; `re` finds the same, more slowly
    hyperscan = None

Text = bytes | bytearray
Finder = Callable[[Text], list[int]]

_BEGINNING = b'{"Records":[{"eventVersion":'
_END = b"}]}"
_FIRST = len(b'{"Records":[')
_RECORD = b'{"eventVersion":'
_BOUNDARY = b"}," + _RECORD
_NAME = rb'"eventName"[ \t\r\n]*:[ \t\r\n]*"(?:%s)'
_ESCAPE = re.compile(rb"\\u00(?:3[0-9]|[4-7])")
_KEY = b'"Records"'
_LIST = b'[{"eventVersion":'
_whole = msgspec.json.Decoder(msgspec.Raw)


@dataclass(frozen=True, slots=True)
class Picked:
    """The records around catalogued names, each with the byte at which it begins."""

    text: Text
    found: list[tuple[int, Record | Quarantined]]

    def numbered(self) -> tuple[int, list[tuple[int, Record | Quarantined]]]:
        """How many records the file has, and those found, each with its place among them."""
        number, position, found = 0, 0, []
        for start, record in self.found:
            number += self.text.count(_BOUNDARY, position, start + len(_RECORD))
            position = start
            found.append((number, record))
        return number + self.text.count(_BOUNDARY, position) + 1, found


class Picker:
    """Finds the records of calls with these names."""

    def __init__(self, names: Iterable[str]) -> None:
        spelled = b"|".join(re.escape(name.encode()) for name in sorted(set(names)))
        self._named = finder(_NAME % spelled)
        # Few and short, so that the text is scanned for them at the speed of memory.
        self._odd = finder(rb"\\u00", rb'"Reco', rb'\[\{"ev')

    def pick(self, text: Text) -> Picked | None:
        """The records that may be of those calls; None if the file is not written as known."""
        if not (text.startswith(_BEGINNING) and text.endswith(_END)) or self._is_odd(text):
            return None
        found: list[tuple[int, Record | Quarantined]] = []
        end = 0
        for named in self._named(text):
            if named <= end:
                continue
            start = text.rfind(_RECORD, end, named)
            if start < 0 or not (start == _FIRST or text.startswith(b"},", start - 2)):
                return None
            end = _end_of_record(text, named)
            record = _read(bytes(text[start:end]))
            if record is None:
                return None
            found.append((start, record))
        return Picked(text, found)

    def _is_odd(self, text: Text) -> bool:
        """Whether a name may be hidden, or a list of records may be another than the file's."""
        lists = 0
        for end in self._odd(text):
            part = bytes(text[end - 5 : end + len(_LIST)])
            if _ESCAPE.search(part):
                return True
            lists += _KEY in part
            lists += _LIST in part
        return lists != 2  # the file's own is seen twice


@cache
def picker(names: frozenset[str]) -> Picker:
    """The picker of these names, made once a process."""
    return Picker(names)


def _end_of_record(text: Text, position: int) -> int:
    boundary = text.find(_BOUNDARY, position)
    return len(text) - 2 if boundary < 0 else boundary + 1


def _read(raw: bytes) -> Record | Quarantined | None:
    """The record; None if these bytes are not one whole JSON value."""
    found = read_record(0, raw)
    if isinstance(found, Quarantined):
        try:
            _whole.decode(raw)
        except (msgspec.DecodeError, RecursionError):
            return None
    return found


def finder(*patterns: bytes) -> Finder:
    """A function that gives where in a text any of the patterns is found, in order."""
    if hyperscan is None:
        compiled = re.compile(b"|".join(patterns))
        return lambda text: [match.end() for match in compiled.finditer(text)]
    database = hyperscan.Database()
    database.compile(expressions=patterns, ids=list(range(len(patterns))))

    def find(text: Text) -> list[int]:
        ends: list[int] = []

        def note(_id: int, _start: int, end: int, _flags: int, _context: object) -> None:
            ends.append(end)

        database.scan(text, match_event_handler=note)
        return sorted(set(ends))

    return find
