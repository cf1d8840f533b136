"""What reading a log file costs beside its decompression, on the same files.

    python benchmarks/decode.py [--files 20] [--rounds 9]

Files of 1 000 records of 1.4 kB, 2.4 % of them calls that cost money. Prints medians of CPU time
over the rounds, as records a second and as shares of decompression alone (libdeflate).
"""

from __future__ import annotations

import argparse
import gzip
import json
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import deflate
from trail_files import DAY, write_trail

from cost_pipeline.catalog.loader import load_catalog
from cost_pipeline.core.cloudtrail import decompress, read_log_file, unpacked_size
from cost_pipeline.core.large_files import LARGE_BYTES, stream_records
from cost_pipeline.core.picking import Picker, counts_of
from cost_pipeline.orchestration.reading import Normalizer
from cost_pipeline.prices.book import PriceBook

PICKER = Picker(name for _, name in load_catalog().calls)
NORMALIZER = Normalizer("default", DAY, load_catalog(), PriceBook.packaged())


def picked(content: bytes) -> None:
    """The records of catalogued calls."""
    found = PICKER.pick(decompress(content, max_bytes=LARGE_BYTES))
    assert found is not None


def picked_and_counted(content: bytes) -> None:
    """The same, and the number of all records."""
    found = PICKER.pick(decompress(content, max_bytes=LARGE_BYTES))
    assert found is not None
    assert found.count(counts_of(found.text)) is not None


WAYS: dict[str, Callable[[bytes], object]] = {
    "decompression alone": lambda content: deflate.gzip_decompress(content, unpacked_size(content)),
    "decoded and picked": picked,
    "the same, and counted": picked_and_counted,
    "the same, and priced": lambda content: NORMALIZER.file(1, content),
    "every record, typed": read_log_file,
    "streamed": lambda content: sum(1 for _ in stream_records(content)),
    "gzip + json": lambda content: json.loads(gzip.decompress(content)),
}


def seconds(read: Callable[[bytes], object], contents: list[bytes]) -> float:
    """CPU time of one round."""
    started = time.process_time()
    for content in contents:
        read(content)
    return time.process_time() - started


def main() -> None:
    """Measures and prints."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--files", type=int, default=20)
    parser.add_argument("--rounds", type=int, default=9)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        write_trail(Path(folder), given.files)
        contents = [path.read_bytes() for path in sorted(Path(folder).rglob("*.json.gz"))]
    took: dict[str, list[float]] = {name: [] for name in WAYS}
    for _ in range(given.rounds):
        for name, read in WAYS.items():
            took[name].append(seconds(read, contents))
    records = 1_000 * len(contents)
    limit = statistics.median(took["decompression alone"])
    for name, values in took.items():
        median = statistics.median(values)
        print(f"{name:22} {records / median:12,.0f} records/s  {limit / median:6.3f}")


if __name__ == "__main__":
    main()
