"""Files of a day → what they yield: fetched in parallel, decoded one after the other."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
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
_FATAL = {"credentials", "unreachable", "throttled", "no_bucket"}


@dataclass(frozen=True, slots=True)
class Opened:
    """A file with its text, if it is not too large for memory; or why it cannot be read."""

    object_id: int
    content: bytes = b""
    text: Text | None = None
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
        return self.ingested(opened((object_id, content)))

    def ingested(self, found: Opened) -> IngestedFile:
        """The same of a file that was opened before."""
        if found.error:
            return IngestedFile(found.object_id, error=found.error)
        file = IngestedFile(found.object_id)
        try:
            for offset, record in self._records(file, found):
                if isinstance(record, Quarantined):
                    file.quarantined.append(replace(record, offset=offset))
                else:
                    self._take(file, offset, record)
        except UnreadableFileError as error:
            return IngestedFile(found.object_id, error=str(error))
        return file

    def _records(self, file: IngestedFile, found: Opened) -> Iterator[_Numbered]:
        """The records that may matter, and their places in the file, whose records it counts."""
        text = found.text
        picked = _picker_of(self.catalog.calls).pick(text) if text is not None else None
        numbered = picked.numbered() if picked is not None else None
        if numbered is not None:
            file.records, picked_records = numbered
            yield from picked_records
            return
        records = stream_records(found.content) if text is None else _in_order(text)
        for offset, one in enumerate(records):
            file.records += 1
            yield offset, one

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


def opened(file: Content) -> Opened:
    """The file decompressed, or why it was not fetched or cannot be."""
    object_id, content = file
    if isinstance(content, str):
        return Opened(object_id, error=content)
    try:
        return Opened(object_id, content, _at_once(content))
    except UnreadableFileError as error:
        return Opened(object_id, error=str(error))


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
        yield normalizer.ingested(opened(content))


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
        if error.fault in _FATAL:
            raise
        if error.fault != "gone" or file.state != "done":
            yield file.object_id, str(error)
