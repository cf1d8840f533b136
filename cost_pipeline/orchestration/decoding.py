"""Log files decoded in processes of their own, for backfills: as many as there are cores.

A process takes the bytes of some files and gives back the text that COPY takes, so that little
passes between processes and nothing is put together twice. Starting one takes a second or two
(it loads the catalog and the prices), which a live run must not pay for.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from concurrent.futures import Future, ProcessPoolExecutor
from datetime import date

from cost_pipeline.catalog.loader import load_catalog
from cost_pipeline.orchestration import garbage
from cost_pipeline.orchestration.pricing import PriceShelf
from cost_pipeline.orchestration.reading import Content, Normalizer
from cost_pipeline.prices.book import PriceBook
from cost_pipeline.store.database import Database
from cost_pipeline.store.ingest import Staged

ENOUGH_BYTES = 64 << 20
"""Compressed bytes from which on a run decodes in processes of their own."""

ENOUGH_CORES = 3
"""Cores from which on it does: two are as busy with one process and its threads."""


def cores() -> int:
    """How many cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


class Decoders:
    """Processes that decode; they end with the block, or with the process that began them.

    Args:
        processes: how many; as many as there are cores, if not given.
        url: the database that prices and rates are read from; the packaged ones, if not given.
    """

    def __init__(self, processes: int | None = None, *, url: str | None = None) -> None:
        self.processes = processes or cores()
        context = multiprocessing.get_context("spawn")
        self._pool = ProcessPoolExecutor(
            self.processes, context, initializer=_begin, initargs=(url,)
        )

    def __enter__(self) -> Decoders:
        return self

    def __exit__(self, *exception: object) -> None:
        self._pool.shutdown(wait=True, cancel_futures=True)

    def submit(self, tenant_id: str, day: date, contents: list[Content]) -> Future[Staged]:
        """Decodes files of one day, in their order."""
        return self._pool.submit(_decode, tenant_id, day, contents)


_shelf: PriceShelf | None = None
"""The prices of this process, where it is one that decodes and has a database."""


def _begin(url: str | None) -> None:
    """Makes ready once what every file needs, and ends this process with the one that began it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the owner says when to stop
    threading.Thread(target=_end_with_owner, daemon=True).start()
    load_catalog()
    PriceBook.packaged()
    garbage.spare()
    if url is not None:
        global _shelf
        _shelf = PriceShelf.open(Database(url, max_connections=1))


def _end_with_owner() -> None:
    owner = multiprocessing.parent_process()
    if owner is not None:
        owner.join()
        os._exit(1)


def _decode(tenant_id: str, day: date, contents: list[Content]) -> Staged:
    book = PriceBook.packaged() if _shelf is None else _shelf.book(tenant_id, day)
    normalizer = Normalizer(tenant_id, day, load_catalog(), book)
    files = map(normalizer.ingested, contents)
    return Staged.together(Staged.of(file, tenant_id=tenant_id) for file in files)
