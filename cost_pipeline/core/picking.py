"""The records of catalogued calls out of a whole log file, without decoding the others.

Of a hundred records about two change the bill. Their names are looked for in the text, and only
the records around a name are decoded; whether the name stands where the call's name stands, the
decoder decides. That needs to know where a record begins and ends, and CloudTrail writes every
record the same way: `eventVersion` first, no space between. A file that shows anything else is
left to the plain way (`pick` returns None): another beginning or end, letters written as escapes
(which could hide a name), a found record that is not one whole JSON object.

Parameters are free JSON, and whoever makes a call could write a list into them that looks like
records. Such a list is never taken for records, if the file is JSON at all:

1. `{"eventVersion":` stands in no string: its first quote would end that string, and a bare word
   would follow. So `},{"eventVersion":`, a *boundary*, parts two neighbours in some list, and
   what lies between two boundaries is a *span*.
2. Say that not all boundaries are in the file's own list. The first that is not, is in a list
   that was opened in the span before it: all lists opened earlier are closed, but the file's own.
3. From where that list opens, `_UNCLOSED` reads as JSON does, text by text, until something
   lets it give up: another bracket, a text with a bracket or a backslash, or the boundary. In
   each case it has found something in that span, or at its end.
4. So every span in which `_UNCLOSED` finds something, and the last, is decoded. One with a list
   left open is not a whole JSON value, and neither is a last one after which the file's list is
   not the last thing in the file. (Where `_UNCLOSED` begins within a text, it finds too much,
   which costs a look, or nothing, which takes nothing from 3.)

5. A record that begins otherwise hides in the span of the one before it: every span in which
   `_NEIGHBOURS` finds the beginning of such a one is decoded too, and is no whole JSON value.

What is not looked at is not judged: a damaged record of a call that is in no catalog goes
unnoticed here, as it costs nothing either way.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

import msgspec

from cost_pipeline.core.cloudtrail import Quarantined, Record, read_record

hyperscan: Any
try:
    import hyperscan
except ImportError:  # not built for every platform; `re` would take longer than decoding does
    hyperscan = None

Text = bytes | bytearray
Finder = Callable[[Text], list[list[int]]]

_BEGINNING = b'{"Records":[{"eventVersion":'
_END = b"}]}"
_FIRST = len(b'{"Records":[')
_RECORD = b'{"eventVersion":'
_BOUNDARY = b"}," + _RECORD
_NAME = rb'"eventName"[ \t\r\n]*:[ \t\r\n]*"(?:%s)'
_UNCLOSED = (
    rb'\[(?:[^\[\]"]|"[^"\\\[\]]*")*?'  # a list, and in it texts and what stands between them
    rb'(?:\[|"[^"\\\[\]]*[\\\[\]]|\},\{"eventVersion":)'
)
_NEIGHBOURS = (  # two in a list, the second of which does not begin as records do
    rb'\}(?:[ \t\r\n]+,[ \t\r\n]*|,[ \t\r\n]+)[^" \t\r\n]'
    rb'|\},(?:[^{" \t\r\n]|\{(?:[^"]|"(?:[^e]|e[^v]|ev[^e]|eve[^n]|even[^t]|event[^V])))'
)
_ESCAPE = rb"\\u00"
_HIDES = re.compile(rb"3[0-9]|[4-7]")  # digits and letters
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
        self._find = finder(_NAME % spelled, _UNCLOSED, _NEIGHBOURS, _ESCAPE) if hyperscan else None

    def pick(self, text: Text) -> Picked | None:
        """The records that may be of those calls; None if every record has to be decoded."""
        written_as_known = text.startswith(_BEGINNING) and text.endswith(_END)
        if self._find is None or not written_as_known:
            return None
        named, unclosed, neighbours, escapes = self._find(text)
        if any(_HIDES.match(text, end) for end in escapes):
            return None
        if not all(
            _is_whole(text, start, end) for start, end in _doubtful(text, unclosed + neighbours)
        ):
            return None
        found: list[tuple[int, Record | Quarantined]] = []
        end = 0
        for position in named:
            if position <= end:
                continue
            start, end = _around(text, position)
            record = _read(bytes(text[start:end]))
            if record is None:
                return None
            found.append((start, record))
        return Picked(text, found)


@cache
def picker(names: frozenset[str]) -> Picker:
    """The picker of these names, made once a process."""
    return Picker(names)


def _doubtful(text: Text, found: Iterable[int]) -> Iterator[tuple[int, int]]:
    """The spans that may leave a list open or hold two records, and the last."""
    end = 0
    for position in (*sorted(found), len(text) - len(_END)):
        if position <= end:
            continue
        at_boundary = text.endswith(_BOUNDARY, 0, position)
        start, end = _around(text, position - (len(_BOUNDARY) if at_boundary else 1))
        yield start, end


def _around(text: Text, position: int) -> tuple[int, int]:
    """Where the span begins and ends that has the byte at this position."""
    before = text.rfind(_BOUNDARY, 0, position)
    after = text.find(_BOUNDARY, position)
    start = _FIRST if before < 0 else before + len("},")
    return start, len(text) - len("]}") if after < 0 else after + len("}")


def _is_whole(text: Text, start: int, end: int) -> bool:
    """Whether these bytes are one whole JSON value."""
    try:
        _whole.decode(memoryview(text)[start:end])
    except (msgspec.DecodeError, RecursionError):
        return False
    return True


def _read(raw: bytes) -> Record | Quarantined | None:
    """The record; None if these bytes are not one whole JSON value."""
    found = read_record(0, raw)
    return found if isinstance(found, Record) or _is_whole(raw, 0, len(raw)) else None


def finder(*patterns: bytes) -> Finder:
    """A function that gives, for each pattern, where in the records it is found to end."""
    database = hyperscan.Database()
    database.compile(expressions=patterns, ids=list(range(len(patterns))))

    def find(text: Text) -> list[list[int]]:
        ends: list[list[int]] = [[] for _ in patterns]

        def note(which: int, _start: int, end: int, _flags: int, _context: object) -> None:
            ends[which].append(_FIRST + end)

        database.scan(memoryview(text)[_FIRST:], match_event_handler=note)
        return [sorted(found) for found in ends]

    return find
