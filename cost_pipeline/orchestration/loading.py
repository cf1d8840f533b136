"""Days of a tenant's log files into Postgres: a day is one transaction, however it was decoded.

A day is written while the next is decoded, and committed after the one before it. A backfill of
much decodes in processes of their own, everything else here, in three threads: one unpacks a file
and looks it over, which needs no interpreter; one prices the file before it and makes its rows into
text; and the day's own copies into Postgres what came of those before.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing, contextmanager
from contextvars import copy_context
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Any, TypeVar

import psycopg

from cost_pipeline.orchestration import decoding, garbage, progress
from cost_pipeline.orchestration.ahead import mapped_ahead, one_ahead
from cost_pipeline.orchestration.decoding import Decoders
from cost_pipeline.orchestration.outbound import Files, Permit, Permitted
from cost_pipeline.orchestration.pricing import PriceShelf
from cost_pipeline.orchestration.reading import READERS, Content, Normalizer, fetch, unpacked_ahead
from cost_pipeline.orchestration.resources import TrailReader, closing_all
from cost_pipeline.store import events, objects, prices
from cost_pipeline.store.ingest import Staged, Staging
from cost_pipeline.store.locks import lock_prices

if TYPE_CHECKING:
    from cost_pipeline.store.database import Database
    from cost_pipeline.store.objects import Trail, TrailObject

_FILES_AHEAD = 4
_CHUNK_FILES = 200
_CHUNK_BYTES = 1 << 20
_DAYS_AT_ONCE = 2
_CHUNKS_AHEAD = 2
T = TypeVar("T")
Connection = psycopg.Connection[Any]
_Decode = Callable[[date, Iterator[Content]], Generator[Staged, None, None]]


@dataclass(frozen=True, slots=True)
class _Turn:
    """When a day is read: after the one before it, which is being written meanwhile."""

    after: threading.Event | None
    read: threading.Event = field(default_factory=threading.Event)

    def take(self, contents: Iterator[Content]) -> Iterator[Content]:
        """The day's files, from when it is its turn."""
        if self.after is not None:
            self.after.wait()
        yield from contents
        self.read.set()


class StoppedError(Exception):
    """Another day failed, or somebody stopped the run, before this day was read."""


@dataclass(slots=True)
class Loading:
    """What a run loads: whose files, from which trails, and whether only those not read yet."""

    database: Database
    trails: TrailReader
    tenant_id: str
    allowed: Callable[[Connection, str], list[Trail]]
    live: bool
    _stop: threading.Event = field(default_factory=threading.Event)

    def days(self, days: Sequence[date]) -> Iterator[dict[str, Any]]:
        """Loads the days and yields the facts of each, in order."""
        with (
            garbage.spared(),
            self._decode(days) as decode,
            ThreadPoolExecutor(_DAYS_AT_ONCE) as pool,
        ):
            loads: list[Future[dict[str, Any]]] = []
            turn: _Turn | None = None
            for day in days:
                before = loads[-1] if loads else None
                turn = _Turn(turn.read if turn else None)
                load = pool.submit(copy_context().run, self._day, day, decode, turn, before)
                loads.append(load)
            try:
                for number, load in enumerate(loads):
                    progress.report("cost_events", number, len(days), days[number].isoformat())
                    yield load.result()
            except BaseException:
                self._stop.set()
                pool.shutdown(wait=False, cancel_futures=True)
                raise

    @contextmanager
    def _decode(self, days: Sequence[date]) -> Iterator[_Decode]:
        """How to decode: in processes of their own where there is enough to decode."""
        if self._is_much(days):
            with Decoders(url=self.database.url) as decoders:
                yield _elsewhere(decoders, self.tenant_id)
        else:
            yield self._decode_here

    def _is_much(self, days: Sequence[date]) -> bool:
        if self.live or decoding.cores() < decoding.ENOUGH_CORES:
            return False
        return self._bytes(days) >= decoding.ENOUGH_BYTES

    def _bytes(self, days: Sequence[date]) -> int:
        with self.database.transaction(self.tenant_id) as conn:
            return objects.bytes_of_days(conn, tenant_id=self.tenant_id, days=days)

    def _day(
        self, day: date, decode: _Decode, turn: _Turn, before: Future[Any] | None
    ) -> dict[str, Any]:
        """Loads a day, which is written after the one before it, and says what it holds then."""
        try:
            files, trails = self._files(day)
            if files:
                self._load(day, files, trails, decode, turn, before)
            elif before is not None:
                before.result()  # the next one waits for this one alone
        finally:
            turn.read.set()  # whatever became of it: the next one waits for that
        if not files and not self.live:
            with self.database.transaction(self.tenant_id) as conn:
                prices.unqueue_day(conn, tenant_id=self.tenant_id, day=day)
        with self.database.transaction(self.tenant_id) as conn:
            return events.day_facts(conn, tenant_id=self.tenant_id, day=day)

    def _files(self, day: date) -> tuple[list[TrailObject], dict[int, Trail]]:
        """What is to be read, and from where: of the trails that may be read now."""
        wanted = objects.due if self.live else objects.of_day
        with self.database.transaction(self.tenant_id) as conn:
            known = {trail.trail_id: trail for trail in self.allowed(conn, self.tenant_id)}
            found = wanted(conn, tenant_id=self.tenant_id, day=day)
        files = [file for file in found if file.trail_id in known]
        return files, {file.trail_id: known[file.trail_id] for file in files}

    def _load(
        self,
        day: date,
        files: list[TrailObject],
        trails: dict[int, Trail],
        decode: _Decode,
        turn: _Turn,
        before: Future[Any] | None,
    ) -> None:
        opened = {number: self.trails.open(trail) for number, trail in trails.items()}
        far = any(trail.calls_aws for trail in trails.values())
        permit = Permit(self.database, self.tenant_id)
        sources: dict[int, Files] = {
            number: Permitted(source, permit) if trails[number].calls_aws else source
            for number, source in opened.items()
        }
        with self.database.transaction(self.tenant_id) as conn:
            version = prices.version(conn)

        def note(done: int) -> None:
            if self._stop.is_set():
                raise StoppedError(f"{day} was not read to its end")
            progress.report("cost_events", done, len(files), f"{day} file {done} of {len(files)}")

        with closing_all(opened.values()), self.database.transaction(self.tenant_id) as conn:
            staging = Staging(conn, tenant_id=self.tenant_id, day=day)
            contents = fetch(files, sources, note, readers=READERS if far else 0)
            with closing(decode(day, turn.take(contents))) as decoded:
                for staged in decoded:
                    staging.copy(staged)
            if before is not None:
                before.result()
            lock_prices(conn, change=False)
            staging.merge(replace=not self.live)
            if prices.version(conn) != version:  # what was decoded first is out of date
                prices.queue_day(conn, tenant_id=self.tenant_id, day=day)
            elif not self.live:
                prices.unqueue_day(conn, tenant_id=self.tenant_id, day=day)

    def _decode_here(self, day: date, contents: Iterator[Content]) -> Generator[Staged, None, None]:
        from cost_pipeline.catalog.loader import load_catalog

        book = PriceShelf.open(self.database).book(self.tenant_id, day)
        normalizer = Normalizer(self.tenant_id, day, load_catalog(), book)
        files = map(normalizer.ingested, mapped_ahead(unpacked_ahead, contents, _FILES_AHEAD))
        staged = (Staged.of(file, tenant_id=self.tenant_id) for file in files)
        yield from one_ahead(map(Staged.together, _chunks(staged, _staged_bytes)))


def _elsewhere(decoders: Decoders, tenant_id: str) -> _Decode:
    """Decoding in other processes, a few chunks ahead of what is written."""

    def decode(day: date, contents: Iterator[Content]) -> Generator[Staged, None, None]:
        waiting: deque[Future[Staged]] = deque()
        for chunk in _chunks(contents, _content_bytes):
            waiting.append(decoders.submit(tenant_id, day, chunk))
            if len(waiting) > _CHUNKS_AHEAD * decoders.processes:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()

    return decode


def _chunks(files: Iterable[T], size_of: Callable[[T], int]) -> Iterator[list[T]]:
    """Files in chunks that are worth sending to another process, or to the database."""
    chunk: list[T] = []
    size = 0
    for file in files:
        chunk.append(file)
        size += size_of(file)
        if size >= _CHUNK_BYTES or len(chunk) >= _CHUNK_FILES:
            yield chunk
            chunk, size = [], 0
    if chunk:
        yield chunk


def _content_bytes(content: Content) -> int:
    return len(content[1])


def _staged_bytes(staged: Staged) -> int:
    return staged.size
