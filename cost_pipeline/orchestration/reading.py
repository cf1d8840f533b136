"""Files of a day → what they yield: fetched in parallel, decoded one after the other."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import date
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
from cost_pipeline.core.picking import picker
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
class Normalizer:
    """Everything but the bytes that a file's events depend on."""

    tenant_id: str
    day: date
    catalog: Catalog
    prices: Prices

    def file(self, object_id: int, content: bytes) -> IngestedFile:
        """What a file yields; a file that cannot be read carries the reason as its error."""
        file = IngestedFile(object_id)
        try:
            for offset, found in self._records(file, content):
                if isinstance(found, Quarantined):
                    file.quarantined.append(replace(found, offset=offset))
                else:
                    self._take(file, offset, found)
        except UnreadableFileError as error:
            return IngestedFile(object_id, error=str(error))
        return file

    def _records(self, file: IngestedFile, content: bytes) -> Iterator[_Numbered]:
        """The records that may matter, and their places in the file, whose records it counts."""
        text = _at_once(content)
        names = frozenset(name for _, name in self.catalog.calls)
        picked = picker(names).pick(text) if text is not None else None
        numbered = picked.numbered() if picked is not None else None
        if numbered is not None:
            file.records, found = numbered
            yield from found
            return
        for offset, one in enumerate(stream_records(content) if text is None else _in_order(text)):
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


_NUL, _REPLACEMENT = rb"\u0000", rb"\ufffd"
_record = msgspec.json.Decoder(Record)


def _without_nul(record: Record) -> Record:
    """The record with the one character replaced that JSON allows and Postgres cannot keep."""
    encoded = msgspec.json.encode(record)
    return _record.decode(encoded.replace(_NUL, _REPLACEMENT)) if _NUL in encoded else record


def _at_once(content: bytes) -> bytes | bytearray | None:
    """The text of a file; None where it is too large for memory, whatever size it states."""
    if unpacked_size(content) > LARGE_BYTES:
        return None
    try:
        return decompress(content, max_bytes=LARGE_BYTES)
    except TooLargeError:
        return None


def _in_order(text: bytes | bytearray) -> Iterator[Record | Quarantined]:
    """The records in their places in the file, between those that could not be read."""
    log = read_text(text)
    unreadable = {one.offset: one for one in log.quarantined}
    records = iter(log.records)
    for offset in range(len(log.records) + len(unreadable)):
        yield unreadable[offset] if offset in unreadable else next(records)


def ingested(normalizer: Normalizer, content: Content) -> IngestedFile:
    """What a file yields, or why it could not be fetched."""
    object_id, found = content
    if isinstance(found, str):
        return IngestedFile(object_id, error=found)
    return normalizer.file(object_id, found)


def read_files(
    files: Sequence[TrailObject],
    sources: Mapping[int, Files],
    normalizer: Normalizer,
    progress: Callable[[int], None],
) -> Iterator[IngestedFile]:
    """What each file holds, in order, in bounded memory; raises as `fetch` does."""
    for content in fetch(files, sources, progress):
        yield ingested(normalizer, content)


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
