"""Files of a day → what they yield: fetched and unpacked ahead, decoded one after the other."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import date
from functools import cache, partial
from typing import TYPE_CHECKING

import msgspec

from cost_pipeline.core.cloudtrail import (
    Quarantined,
    Record,
    decompress,
    read_text,
    unpacked_size,
)
from cost_pipeline.core.large_files import LARGE_BYTES, stream_records
from cost_pipeline.core.model import RefusedCall
from cost_pipeline.core.normalize import RecordError, normalize
from cost_pipeline.core.picking import Counts, Picker, Text, counts_of, is_known
from cost_pipeline.core.splitting import TooLargeError, UnreadableFileError
from cost_pipeline.orchestration.outbound import Files, OutboundStoppedError
from cost_pipeline.store.ingest import IngestedFile

if TYPE_CHECKING:
    from cost_pipeline.core.calls import Catalog, Prices
    from cost_pipeline.store.objects import TrailObject

READERS = 8
_FILES_AHEAD = 32
_BYTES_AHEAD = 64 << 20
_LARGEST_AHEAD = 16 << 20
_MOST_RAW = 65_536
_Positioned = tuple[int, Record | Quarantined]
_Picked = tuple[int, Iterable[_Positioned], Callable[[int], int]]
Content = tuple[int, bytes | str]
"""The id of a file, and its bytes or why they could not be fetched."""


@dataclass(frozen=True, slots=True)
class Unpacked:
    """A file as text, or why it cannot be read; without text where it is to be read in pieces.

    It has `counts` where records can be picked from the text: it is written as CloudTrail does.
    """

    object_id: int
    content: bytes = b""
    text: Text | None = None
    counts: Counts | None = None
    error: str | None = None


def unpacked(file: Content) -> Unpacked:
    """A file without its gzip, and looked over; most of it leaves the interpreter to others."""
    object_id, content = file
    if isinstance(content, str):
        return Unpacked(object_id, error=content)
    try:
        text = _at_once(content)
        counts = counts_of(text) if text is not None and is_known(text) else None
        return Unpacked(object_id, content, text, counts)
    except UnreadableFileError as error:
        return Unpacked(object_id, error=str(error))


def unpacked_ahead(file: Content) -> Unpacked | Content:
    """The same, but as it came where several of its size would take too much memory."""
    _, content = file
    large = isinstance(content, bytes) and unpacked_size(content) > _LARGEST_AHEAD
    return file if large else unpacked(file)


@dataclass(frozen=True, slots=True)
class Normalizer:
    """Everything but the bytes that a file's events depend on."""

    tenant_id: str
    day: date
    catalog: Catalog
    prices: Prices

    def file(self, object_id: int, content: bytes) -> IngestedFile:
        """What a file yields; a file that cannot be read carries the reason as its error."""
        return self.ingested((object_id, content))

    def ingested(self, given: Unpacked | Content) -> IngestedFile:
        """What a file yields, be it unpacked already or not."""
        opened = given if isinstance(given, Unpacked) else unpacked(given)
        file = IngestedFile(opened.object_id, error=opened.error)
        if opened.error:
            return file
        try:
            picked = self._picked(opened.text, opened.counts)
            if picked is not None:
                file.records, found, place = picked
            else:
                found, place = _every_record(file, opened), _as_it_is
            for position, record in found:
                unreadable = self._take(file, record)
                if unreadable is not None:
                    file.quarantined.append(replace(unreadable, offset=place(position)))
        except UnreadableFileError as error:
            return IngestedFile(opened.object_id, error=str(error))
        return file

    def _picked(self, text: Text | None, counts: Counts | None) -> _Picked | None:
        """How many records a file has, those that may be of catalogued calls, and their places.

        None where every record has to be decoded.
        """
        if text is None or counts is None:
            return None
        picked = _picker_of(self.catalog.calls).pick_known(text)
        if picked is None or (count := picked.count(counts)) is None:
            return None
        return count, picked.found, picked.place

    def _take(self, file: IngestedFile, record: Record | Quarantined) -> Quarantined | None:
        """Adds what a record yields; one that cannot be understood is returned, with the reason."""
        if isinstance(record, Quarantined):
            return record
        if self.catalog.get(*record.call) is None:
            return None
        try:
            found = normalize(
                record,
                tenant_id=self.tenant_id,
                partition_day=self.day,
                catalog=self.catalog,
                prices=self.prices,
            )
        except Exception as error:  # whatever a record holds, its neighbours are read
            known = isinstance(error, RecordError)
            reason = str(error) if known else f"not understood: {error!r}"
            raw = msgspec.json.encode(record)[:_MOST_RAW]
            return Quarantined(0, reason, raw)
        if isinstance(found, RefusedCall):
            file.refused.append(found)
        elif found:
            file.events.extend(found)
        return None


@cache
def _picker_of(calls: frozenset[tuple[str, str]]) -> Picker:
    return Picker(name for _, name in calls)


def _at_once(content: bytes) -> Text | None:
    """The text of a file; None where it is too large for memory, whatever size it states."""
    if unpacked_size(content) > LARGE_BYTES:
        return None
    try:
        return decompress(content, max_bytes=LARGE_BYTES)
    except TooLargeError:
        return None


def _every_record(file: IngestedFile, opened: Unpacked) -> Iterator[_Positioned]:
    """All records in their places, which counts them."""
    records = stream_records(opened.content) if opened.text is None else _in_order(opened.text)
    for place, record in enumerate(records):
        file.records = place + 1
        yield place, record


def _as_it_is(place: int) -> int:
    return place


def _in_order(text: Text) -> Iterator[Record | Quarantined]:
    """The records in their places in the file, between those that could not be read."""
    log = read_text(text)
    unreadable = {one.offset: one for one in log.quarantined}
    records = iter(log.records)
    for offset in range(len(log.records) + len(unreadable)):
        yield unreadable[offset] if offset in unreadable else next(records)


def fetch(
    files: Sequence[TrailObject],
    sources: Mapping[int, Files],
    progress: Callable[[int], None],
    readers: int = READERS,
) -> Iterator[Content]:
    """Yields the bytes of each file, in order, in bounded memory.

    Files are fetched ahead in so many threads; without any, each is read when it is asked for: to
    hand on a file that lies in a folder takes longer than to read it. A file that was read before
    and is gone from the trail is left out. Raises `TrailError` where the trail itself cannot be
    read: a retry may mend that, and no file is to blame.
    """
    reading = _fetched_ahead(files, sources, readers) if readers else _one_by_one(files, sources)
    for number, (file, content) in enumerate(reading):
        yield from _content(file, content)
        progress(number + 1)


def _one_by_one(
    files: Sequence[TrailObject], sources: Mapping[int, Files]
) -> Iterator[tuple[TrailObject, Callable[[], bytes]]]:
    for file in files:
        yield file, partial(sources[file.trail_id].read, file.key)


def _fetched_ahead(
    files: Sequence[TrailObject], sources: Mapping[int, Files], readers: int
) -> Iterator[tuple[TrailObject, Callable[[], bytes]]]:
    with ThreadPoolExecutor(readers, thread_name_prefix="reader") as pool:
        waiting: deque[tuple[TrailObject, Future[bytes]]] = deque()
        bytes_ahead = 0
        for file in files:
            waiting.append((file, pool.submit(sources[file.trail_id].read, file.key)))
            bytes_ahead += file.size
            while waiting and (len(waiting) > _FILES_AHEAD or bytes_ahead > _BYTES_AHEAD):
                first, content = waiting.popleft()
                bytes_ahead -= first.size
                yield first, content.result
        for file, content in waiting:
            yield file, content.result


def _content(file: TrailObject, read: Callable[[], bytes]) -> Iterator[Content]:
    from cost_pipeline.aws.trails import TrailError

    try:
        yield file.object_id, read()
    except OutboundStoppedError:
        return  # it was not asked for, and waits where it is
    except TrailError as error:
        if error.concerns_all:
            raise
        if error.fault != "gone" or file.state != "done":
            yield file.object_id, str(error)
