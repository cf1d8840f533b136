"""How much faster a log file is decoded than by gzip and json, on the same files.

    python benchmarks/decode.py

Prints the ratio for the typed decoding of whole files and for the streaming of large ones,
with the record rates of this machine beside it.
"""

from __future__ import annotations

import gzip
import json
import time
from collections.abc import Callable
from datetime import date

from cost_pipeline.core.cloudtrail import read_log_file
from cost_pipeline.core.large_files import stream_records
from cost_pipeline.simulate.organisation import Organisation

ROUNDS = 5
RECORDS = 20_000


def files() -> list[bytes]:
    """Log files of a made-up organisation, of some thousand records each."""
    organisation = Organisation(1, first_day=date(2026, 1, 1), reads=2_000)
    records = [call.record() for call in organisation.calls(date(2026, 2, 3))][:RECORDS]
    size = 4_000
    parts = [records[n : n + size] for n in range(0, len(records), size)]
    return [gzip.compress(json.dumps({"Records": part}).encode(), 6) for part in parts]


def plainly(content: bytes) -> int:
    """Unpacks by gzip and parses by json.loads."""
    return len(json.loads(gzip.decompress(content))["Records"])


def typed(content: bytes) -> int:
    """What the pipeline does."""
    return len(read_log_file(content).records)


def streamed(content: bytes) -> int:
    """What the pipeline does with large files."""
    return sum(1 for _ in stream_records(content))


def seconds(read: Callable[[bytes], int], contents: list[bytes]) -> float:
    """The best of some rounds."""
    best = float("inf")
    for _ in range(ROUNDS):
        started = time.perf_counter()
        for content in contents:
            read(content)
        best = min(best, time.perf_counter() - started)
    return best


def main() -> None:
    """Measures and prints."""
    contents = files()
    total = sum(plainly(content) for content in contents)
    slow = seconds(plainly, contents)
    print(f"{total:,} records in {len(contents)} files")
    for name, read in (("gzip + json", plainly), ("typed", typed), ("streamed", streamed)):
        took = seconds(read, contents)
        print(f"{name:12} {total / took:12,.0f} records/s  {slow / took:5.2f} x")


if __name__ == "__main__":
    main()
