"""Whatever a file holds, reading it ends soon, in little memory, with rows or with a reason."""

import gzip
import multiprocessing
import resource
import time
import zlib
from collections import Counter
from datetime import date
from functools import cache

import pytest

from cost_pipeline.catalog.loader import load_catalog
from cost_pipeline.core.large_files import LARGE_BYTES
from cost_pipeline.orchestration.reading import Normalizer
from cost_pipeline.prices.book import PriceBook
from cost_pipeline.store.database import Database
from cost_pipeline.store.ingest import IngestedFile, Staging
from cost_pipeline_tests.fixtures.damage import damaged
from cost_pipeline_tests.fixtures.records import real_records

DAY = date(2026, 3, 1)
FOUND_ONCE: list[int] = []
"""Seeds that once broke something."""


@cache
def _normalizer() -> Normalizer:
    return Normalizer("default", DAY, load_catalog(), PriceBook.packaged())


def _read(seeds: range | list[int]) -> tuple[list[IngestedFile], float]:
    """What the files of these seeds yield, and the longest that one took, in seconds."""
    records, files, longest = real_records(), [], 0.0
    for seed in seeds:
        content = damaged(seed, records)
        started = time.process_time()
        files.append(_normalizer().file(seed, content))
        longest = max(longest, time.process_time() - started)
    return files, longest


def _hold_together(files: list[IngestedFile]) -> Counter[str]:
    outcomes: Counter[str] = Counter()
    for file in files:
        if file.error is not None:
            assert file.error
            assert not file.events
            outcomes["unreadable"] += 1
        assert len(file.quarantined) <= file.records
        assert all(one.reason and len(one.raw) <= 65_536 for one in file.quarantined)
        outcomes["quarantined"] += bool(file.quarantined)
        outcomes["events"] += bool(file.events)
    return outcomes


def test_a_few_hundred_damaged_files_are_read_or_say_why(database: Database) -> None:
    files, longest = _read([*range(300), *FOUND_ONCE])
    outcomes = _hold_together(files)
    assert min(outcomes[one] for one in ("unreadable", "quarantined", "events")) > 20
    assert longest < 5
    with database.transaction("default") as conn:
        Staging(conn, tenant_id="default", day=DAY).add(files)


@pytest.mark.soak
def test_ten_thousand_damaged_files(database: Database) -> None:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for start in range(0, 10_000, 500):
        files, longest = _read(range(start, start + 500))
        _hold_together(files)
        assert longest < 5
        with database.transaction("default") as conn:
            Staging(conn, tenant_id="default", day=DAY).add(files)
    grown_kilobytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    assert grown_kilobytes < 300_000


def _bomb(kind: str, size: int) -> bytes:
    """A gzip of `size` bytes that holds no end: made in pieces, a thousandth as long."""
    record = gzip.compress(b'{"Records":[')
    squeeze = zlib.compressobj(9, wbits=31)
    filler = {"blanks": b" ", "one string": b"x", "brackets": b"[", "a list": b"{},"}[kind]
    block = filler * ((1 << 22) // len(filler))
    opening = {"one string": b'{"a":"', "a list": b'{"a":['}.get(kind, b"")
    parts = [squeeze.compress(opening)]
    parts += [squeeze.compress(block) for _ in range(size // len(block))]
    return record + b"".join(parts) + squeeze.flush() + gzip.compress(b" ")


def _measure(
    kind: str, size: int, answers: "multiprocessing.Queue[tuple[str, int, float]]"
) -> None:
    normalizer, content = _normalizer(), _bomb(kind, size)
    normalizer.file(0, gzip.compress(b'{"Records":[]}'))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    started = time.process_time()
    error = normalizer.file(1, content).error or ""
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    answers.put((error, grown, time.process_time() - started))


@pytest.mark.soak
@pytest.mark.parametrize("kind", ["blanks", "one string", "brackets", "a list"])
def test_a_gigabyte_without_an_end_takes_neither_memory_nor_time(kind: str) -> None:
    context = multiprocessing.get_context("spawn")
    answers: multiprocessing.Queue[tuple[str, int, float]] = context.Queue()
    reader = context.Process(target=_measure, args=(kind, 1 << 30, answers))
    reader.start()
    error, grown_kilobytes, seconds = answers.get(timeout=300)
    reader.join()
    assert error
    assert grown_kilobytes < 4 * LARGE_BYTES // 1024
    assert seconds < 60


def test_a_file_that_lies_about_its_size_is_read_within_bounds() -> None:
    members = gzip.compress(b'{"Records":[' + b" " * (LARGE_BYTES + 1)) + gzip.compress(b"]}")
    file = _normalizer().file(1, members)
    assert (file.error, file.records) == (None, 0)
