"""What takes long: `make soak`."""

import gzip
import json
import multiprocessing
import resource
from datetime import date
from pathlib import Path

import pytest

from cost_pipeline.catalog.loader import load_catalog
from cost_pipeline.orchestration.reading import Normalizer
from cost_pipeline.prices.book import PriceBook
from cost_pipeline.simulate.organisation import Organisation

DAY = date(2026, 2, 3)
UNPACKED_BYTES = 500_000_000

pytestmark = pytest.mark.soak


def _write(path: Path) -> int:
    organisation = Organisation(1, first_day=date(2026, 1, 1), reads=3_000)
    records = [json.dumps(call.record()) for call in organisation.calls(DAY)]
    block = ",".join(records).encode()
    repeats = UNPACKED_BYTES // len(block)
    with gzip.open(path, "wb", compresslevel=1) as file:
        file.write(b'{"Records":[' + block)
        for _ in range(repeats - 1):
            file.write(b"," + block)
        file.write(b"]}")
    return repeats * len(records)


def _read(path: Path, answers: "multiprocessing.Queue[tuple[int, str | None, int]]") -> None:
    normalizer = Normalizer("default", DAY, load_catalog(), PriceBook.packaged())
    content = path.read_bytes()
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    file = normalizer.file(1, content)
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    answers.put((file.records, file.error, grown))


def test_half_a_gigabyte_is_read_in_the_memory_of_its_events(tmp_path: Path) -> None:
    path = tmp_path / "large.json.gz"
    written = _write(path)
    context = multiprocessing.get_context("spawn")
    answers: multiprocessing.Queue[tuple[int, str | None, int]] = context.Queue()
    reader = context.Process(target=_read, args=(path, answers))
    reader.start()
    records, error, grown_kilobytes = answers.get(timeout=300)
    reader.join()
    assert (records, error) == (written, None)
    assert grown_kilobytes < 150_000
