"""Files of a day → what they yield: fetched in parallel, decoded one after the other."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import date
from functools import cache
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
from cost_pipeline.core.picking import Picker, Text
from cost_pipeline.core.splitting import TooLargeError, UnreadableFileError
from cost_pipeline.orchestration.outbound import Files, OutboundStoppedError
from cost_pipeline.store.ingest import IngestedFile

if TYPE_CHECKING:
    from cost_pipeline.core.calls import Catalog, Prices
    from cost_pipeline.store.objects import TrailObject

READERS = 8
_FILES_AHEAD = 32
_BYTES_AHEAD = 64 << 20
_MOST_RAW = 65_536
_Numbered = tuple[int, Record | Quarantined]
Content = tuple[int, bytes | str]
"""The id of a file, and its bytes or why they could not be fetched."""


@dataclass(frozen=True, slots=True)
class Opened:
    """The records of a file that may matter, each with its place, or why it cannot be read.

    `count` is how many records the file has; None where all are among those found.
    """

    object_id: int
    found: Iterable[_Numbered] = ()
    count: int | None = None
    error: str | None = None


@dataclass(frozen=True, slots=True)
class Normalizer:
    """Everything but the bytes that a file's events depend on."""

    tenant_id: str
    day: date
    catalog: Catalog
    prices: Prices

    def file(self, object_id: int, content: bytes) -> IngestedFile:
        """What a file yields; a file that cannot be read carries the reason as its error."""
        return self.ingested(self.opened((object_id, content)))

    def opened(self, file: Content) -> Opened:
        """The records of a file that may be of catalogued calls, not yet looked into."""
        object_id, content = file
        if isinstance(content, str):
            return Opened(object_id, error=content)
        try:
            return self._opened(object_id, content)
        except UnreadableFileError as error:
            return Opened(object_id, error=str(error))

    def _opened(self, object_id: int, content: bytes) -> Opened:
        text = _at_once(content)
        if text is None:
            return Opened(object_id, enumerate(stream_records(content)))
        picked = _picker_of(self.catalog.calls).pick(text)
        numbered = picked.numbered() if picked is not None else None
        if numbered is None:
            return Opened(object_id, list(enumerate(_in_order(text))))
        count, found = numbered
        return Opened(object_id, found, count)

    def ingested(self, opened: Opened) -> IngestedFile:
        """What an opened file yields."""
        if opened.error:
            return IngestedFile(opened.object_id, error=opened.error)
        file = IngestedFile(opened.object_id)
        try:
            for offset, record in opened.found:
                file.records += 1
                if isinstance(record, Quarantined):
                    file.quarantined.append(replace(record, offset=offset))
                else:
                    self._take(file, offset, record)
        except UnreadableFileError as error:
            return IngestedFile(opened.object_id, error=str(error))
        if opened.count is not None:
            file.records = opened.count
        return file

    def _take(self, file: IngestedFile, offset: int, record: Record) -> None:
        if self.catalog.get(*record.call) is None:
            return
        try:
            found = normalize(
                _without_nul(record),
                tenant_id=self.tenant_id,
                partition_day=self.day,
                catalog=self.catalog,
                prices=self.prices,
            )
        except Exception as error:  # whatever a record holds, its neighbours are read
            known = isinstance(error, RecordError)
            reason = str(error) if known else f"not understood: {error!r}"
            raw = msgspec.json.encode(record)[:_MOST_RAW]
            file.quarantined.append(Quarantined(offset, reason, raw))
            return
        if isinstance(found, RefusedCall):
            file.refused.append(found)
        elif found:
            file.events.extend(found)


@cache
def _picker_of(calls: frozenset[tuple[str, str]]) -> Picker:
    return Picker(name for _, name in calls)


_NUL, _REPLACEMENT = rb"\u0000", rb"\ufffd"
_record = msgspec.json.Decoder(Record)


def _without_nul(record: Record) -> Record:
    """The record with the one character replaced that JSON allows and Postgres cannot keep."""
    encoded = msgspec.json.encode(record)
    return _record.decode(encoded.replace(_NUL, _REPLACEMENT)) if _NUL in encoded else record


def _at_once(content: bytes) -> Text | None:
    """The text of a file; None where it is too large for memory, whatever size it states."""
    if unpacked_size(content) > LARGE_BYTES:
        return None
    try:
        return decompress(content, max_bytes=LARGE_BYTES)
    except TooLargeError:
        return None


def _in_order(text: Text) -> Iterator[Record | Quarantined]:
    """The records in their places in the file, between those that could not be read."""
    log = read_text(text)
    unreadable = {one.offset: one for one in log.quarantined}
    records = iter(log.records)
    for offset in range(len(log.records) + len(unreadable)):
        yield unreadable[offset] if offset in unreadable else next(records)


def read_files(
    files: Sequence[TrailObject],
    sources: Mapping[int, Files],
    normalizer: Normalizer,
    progress: Callable[[int], None],
) -> Iterator[IngestedFile]:
    """What each file holds, in order, in bounded memory; raises as `fetch` does."""
    for content in fetch(files, sources, progress):
        yield normalizer.ingested(normalizer.opened(content))


def fetch(
    files: Sequence[TrailObject],
    sources: Mapping[int, Files],
    progress: Callable[[int], None],
) -> Iterator[Content]:
    """Fetches files ahead in threads and yields the bytes of each, in order, in bounded memory.

    A file that was read before and is gone from the trail is left out. Raises `TrailError`
    where the trail itself cannot be read: a retry may mend that, and no file is to blame.
    """
    with ThreadPoolExecutor(READERS, thread_name_prefix="reader") as pool:
        waiting: deque[tuple[TrailObject, Future[bytes]]] = deque()
        bytes_ahead = 0
        for number, file in enumerate(files):
            waiting.append((file, pool.submit(sources[file.trail_id].read, file.key)))
            bytes_ahead += file.size
            while waiting and (len(waiting) > _FILES_AHEAD or bytes_ahead > _BYTES_AHEAD):
                bytes_ahead -= waiting[0][0].size
                yield from _next(*waiting.popleft())
                progress(number + 1 - len(waiting))
        while waiting:
            yield from _next(*waiting.popleft())
            progress(len(files) - len(waiting))


def _next(file: TrailObject, content: Future[bytes]) -> Iterator[Content]:
    from cost_pipeline.aws.trails import TrailError

    try:
        yield file.object_id, content.result()
    except OutboundStoppedError:
        return  # it was not asked for, and waits where it is
    except TrailError as error:
        if error.concerns_all:
            raise
        if error.fault != "gone" or file.state != "done":
            yield file.object_id, str(error)
