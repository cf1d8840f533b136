"""Prices fetched before a trail's past is read, and what takes long beside the reading."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator, Sequence
from contextvars import copy_context
from typing import TYPE_CHECKING

import psycopg

from cost_pipeline.aws.errors import AwsError
from cost_pipeline.orchestration import progress
from cost_pipeline.orchestration.refreshing import HOME_REGION, PanicError, refresh
from cost_pipeline.store.database import Database, DatabaseUnavailableError

if TYPE_CHECKING:
    from pathlib import Path

    from cost_pipeline.orchestration.refreshing import Site

STEP = "price_book"


class _Over(Exception):  # noqa: N818 - the end of the reading is no error
    """What was read beside is over."""


_EXPECTED = (_Over, AwsError, PanicError, OSError, DatabaseUnavailableError, psycopg.Error)
"""What ends the fetching and is told; the reading goes on, and fails by itself if it must."""


def in_order(busiest: Sequence[str], own: str | None = None) -> list[str]:
    """Regions in the order in which their prices are worth fetching.

    Estimates of every region lean on the prices of us-east-1, so it comes first.

    >>> in_order(["eu-west-1", "us-east-1"], "eu-central-1")
    ['us-east-1', 'eu-west-1', 'eu-central-1']
    """
    return list(dict.fromkeys([HOME_REGION, *busiest, *([own] if own else [])]))


@contextlib.contextmanager
def beside(database_url: str, site: Site, folder: Path, regions: Sequence[str]) -> Iterator[None]:
    """Goes on fetching prices while the block runs; ends with it, and leaves what is not done.

    What broke off goes on another time: a file is kept as far as it came. Days that were priced
    before a price came are priced again by `changed_prices`.
    """
    over = threading.Event()

    def note(done: int, total: int, text: str) -> None:
        if over.is_set():
            raise _Over
        progress.report(STEP, done, total, text)

    def fetch() -> None:
        try:
            with Database(database_url) as database:
                refresh(database, site, folder, regions=regions, note=note)
        except _EXPECTED as ended:
            progress.report(STEP, 1, 1, str(ended) or "the rest follows with `cost-pipeline up`")

    thread = threading.Thread(target=copy_context().run, args=(fetch,), name="prices", daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join(timeout=30)
