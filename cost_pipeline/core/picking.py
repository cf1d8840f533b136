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

A record that begins otherwise hides in the span of the one before it. That span is no whole JSON
value, so that no such record of a catalogued call is missed. Where the records are also counted,
every span is decoded that has an object in a list which begins otherwise.

Patterns are looked for by hyperscan, which needs the interpreter only where it finds something, and
fixed texts by stringzilla, which needs it for less than a tenth of a millisecond a megabyte.

What is not looked at is not judged: a damaged record of a call that is in no catalog goes
unnoticed here, as it costs nothing either way, and among records written as CloudTrail does, one
that is parted from them by white space, or is no object, is not counted.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from threading import Lock
from typing import Any, NamedTuple

import msgspec
import stringzilla

from cost_pipeline.core.cloudtrail import Quarantined, Record, read_record

hyperscan: Any
try:
    import hyperscan
except ImportError:  # not built for every platform; `re` would take longer than decoding does
    hyperscan = None

Text = bytes | bytearray
Finder = Callable[[Text], list[int]]

_BEGINNING = b'{"Records":[{"eventVersion":'
_END = b"}]}"
_FIRST = len(b'{"Records":[')
_RECORD = b'{"eventVersion":'
_REST_OF_RECORD = _RECORD.removeprefix(b'{"')
_BOUNDARY = b"}," + _RECORD
_NAME = rb'"eventName"(?::"(?:%s)|:?[ \t\r\n])'  # or what may be one, written otherwise
_UNCLOSED = (
    rb'\[[^\[\]"]*(?:"[^"\\\[\]]*"[^\[\]"]*)*'  # a list, in it texts and what is between them
    rb'(?:\[|"[^"\\\[\]]*[\\\[\]]|\},\{"eventVersion":)'
)
_ESCAPE = rb"\u00"
_HIDES = re.compile(rb"3[0-9]|[4-7]")  # digits and letters, which could hide a name
_NEIGHBOUR = b'},{"'  # an object that follows another in a list: most are records
_whole = msgspec.json.Decoder(msgspec.Raw)


class Counts(NamedTuple):
    """How many objects in a text's lists follow another: as records, and as anything else."""

    boundaries: int
    others: int


@dataclass(frozen=True, slots=True)
class Picked:
    """The records around catalogued names, each with the byte at which it begins."""

    text: Text
    found: list[tuple[int, Record | Quarantined]]
    others: int
    """How many of the other objects stand in what was found, and so in whole records."""

    def count(self, counts: Counts) -> int | None:
        """How many records the file has; None if there may be some that begin otherwise."""
        if self.others < counts.others:
            spans = _spans(self.text, _others(self.text, counts.others))
            if not all(_is_whole(self.text, *span) for span in spans):
                return None
        return 1 + counts.boundaries

    def place(self, start: int) -> int:
        """The place among all records of the one that begins at this byte."""
        return _count(self.text, _BOUNDARY, 0, start + len(_RECORD))


def is_known(text: Text) -> bool:
    """Whether a text is written as CloudTrail writes it, so that records can be picked from it.

    That takes no names and hardly ever calls back, so that it leaves the interpreter to others.
    """
    written_as_known = text.startswith(_BEGINNING) and text.endswith(_END)
    if hyperscan is None or not written_as_known:
        return False
    if stringzilla.find(text, _ESCAPE) >= 0 and _hides_letters(text):
        return False
    doubtful = [_within(text, place) for place in _unclosed(text)]
    doubtful.append(len(text) - len(_END))
    return all(_is_whole(text, *span) for span in _spans(text, doubtful))


def counts_of(text: Text) -> Counts:
    """What `Picked.count` needs to know of a text that `is_known`."""
    boundaries = _count(text, _BOUNDARY)
    return Counts(boundaries, _count(text, _NEIGHBOUR) - boundaries)


class Picker:
    """Finds the records of calls with these names."""

    def __init__(self, names: Iterable[str]) -> None:
        spelled = b"|".join(re.escape(name.encode()) for name in sorted(set(names)))
        self._named = finder(_NAME % spelled)

    def pick(self, text: Text) -> Picked | None:
        """The records that may be of those calls; None if every record has to be decoded."""
        return self.pick_known(text) if is_known(text) else None

    def pick_known(self, text: Text) -> Picked | None:
        """The same of a text that `is_known`."""
        found: list[tuple[int, Record | Quarantined]] = []
        others = 0
        for start, end in _spans(text, self._named(text)):
            raw = bytes(text[start:end])
            record = _read(raw)
            if record is None:
                return None
            found.append((start, record))
            others += _count(raw, _NEIGHBOUR)
        return Picked(text, found, others)


def _count(text: Text, of: bytes, start: int = 0, end: int | None = None) -> int:
    return stringzilla.count(text, of, start, len(text) if end is None else end)  # type: ignore[no-any-return]


def _hides_letters(text: Text) -> bool:
    return any(_HIDES.match(text, place) for place in _escapes(text))


def _others(text: Text, number: int) -> list[int]:
    """Where so many objects begin that follow another in a list, and are no records."""
    ends = _not_beginning_with_e(text)
    if len(ends) == number:
        return ends
    return [end for end in _neighbours(text) if not text.startswith(_REST_OF_RECORD, end)]


def _within(text: Text, position: int) -> int:
    """A byte of the span in which something was found that may be the boundary at its end."""
    at_boundary = text.endswith(_BOUNDARY, 0, position)
    return position - (len(_BOUNDARY) if at_boundary else 1)


def _spans(text: Text, positions: Iterable[int]) -> Iterator[tuple[int, int]]:
    """Where the spans begin and end that have the bytes at these positions, in their order."""
    end = 0
    for position in positions:
        if position < end:
            continue
        before = text.rfind(_BOUNDARY, 0, position)
        after = text.find(_BOUNDARY, position)
        start = _FIRST if before < 0 else before + len("},")
        end = len(text) - len("]}") if after < 0 else after + len("}")
        yield start, end


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


def finder(pattern: bytes) -> Finder:
    """A function that gives the places in the records where the pattern is found to end."""
    if hyperscan is None:
        return lambda _: []
    database = hyperscan.Database()
    database.compile(expressions=[pattern])
    lock = Lock()  # a database has scratch space for one scan at a time

    def find(text: Text) -> list[int]:
        ends: list[int] = []

        def note(_which: int, _start: int, end: int, _flags: int, _context: object) -> None:
            ends.append(_FIRST + end)

        with lock:
            database.scan(memoryview(text)[_FIRST:], match_event_handler=note)
        return sorted(ends)

    return find


# Apart, each takes the quickest way through the text that there is for it.
_unclosed = finder(_UNCLOSED)
_escapes = finder(re.escape(_ESCAPE))
_neighbours = finder(re.escape(_NEIGHBOUR))
_not_beginning_with_e = finder(re.escape(_NEIGHBOUR) + b"[^e]")
