"""From files on disk to committed rows, against decompression alone and against other tools.

    python benchmarks/load.py [--files 100] [--rounds 5] [--with other/bin/python]

Files of 1 000 records of 1.3 kB, 2.4 % of them calls that cost money, in a folder as CloudTrail
lays it out; an embedded Postgres. Prints medians of the rounds, all in one run, as records a
second and as shares of decompression alone. `--with` names the Python of an environment that
has the tools to compare with; those it lacks are left out:

    uv venv other && uv pip install --python other/bin/python duckdb pandas trailscraper

`--both-cores` adds the load by two decoding processes, whose start of some seconds counts: use
it with thousands of files, on a machine that does nothing else.

`--memory-gb N` only reads: that much decompressed text in one go, the same files again and
again, and prints the peak after the first gigabyte and at the end.
"""

from __future__ import annotations

import argparse
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path

import deflate
from trail_files import DAY, write_trail

from cost_pipeline.aws.trails import open_trail
from cost_pipeline.catalog.loader import load_catalog
from cost_pipeline.core.cloudtrail import unpacked_size
from cost_pipeline.local.postgres import EmbeddedPostgres
from cost_pipeline.orchestration import decoding
from cost_pipeline.orchestration.loading import Loading
from cost_pipeline.orchestration.reading import Normalizer
from cost_pipeline.orchestration.resources import TrailReader
from cost_pipeline.prices.book import PriceBook
from cost_pipeline.store import objects
from cost_pipeline.store.database import Database

OTHERS = Path(__file__).with_name("other_readers.py")


def unpack(paths: Sequence[Path]) -> None:
    """Reads and decompresses, and nothing else: the limit."""
    for path in paths:
        content = path.read_bytes()
        deflate.gzip_decompress(content, unpacked_size(content))


def normalise(paths: Sequence[Path]) -> None:
    """Decodes and prices, without a database."""
    normalizer = Normalizer("default", DAY, load_catalog(), PriceBook.packaged())
    for number, path in enumerate(paths):
        assert normalizer.file(number, path.read_bytes()).error is None


class Ours:
    """The pipeline over a fresh tenant for every round, so that every row is new."""

    def __init__(self, database: Database, root: Path) -> None:
        self._database = database
        self._root = root
        self._round = 0

    def load(self, days: Sequence[date]) -> None:
        """Lists and registers the files, and loads them."""
        self._round += 1
        tenant = f"round-{self._round}"
        with self._database.admin() as conn:
            conn.execute("INSERT INTO tenants (tenant_id, name) VALUES (%s, %s)", [tenant, tenant])
        source = open_trail(str(self._root))
        with self._database.transaction(tenant) as conn:
            trail = objects.ensure_trail(conn, tenant_id=tenant, url=str(self._root))
            found = list(source.list_days(days))
            objects.register(conn, tenant_id=tenant, trail_id=trail.trail_id, objects=found)
        source.close()
        loading = Loading(
            self._database,
            TrailReader(),
            tenant,
            lambda conn, one: objects.trails(conn, tenant_id=one),
            live=False,
        )
        facts = list(loading.days(days))
        assert sum(fact["failed"] for fact in facts) == 0
        assert sum(fact["events"] for fact in facts) > 0


def on_cores(ours: Ours, days: Sequence[date], number: int) -> None:
    """Loads with so many decoding processes; one means here, without any other process."""
    decoding.cores = lambda: number
    decoding.ENOUGH_BYTES = 0
    ours.load(days)


def seconds(work: Callable[[], object]) -> float:
    """How long it takes."""
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def others(python: str, root: Path, rounds: int) -> dict[str, float]:
    """Seconds of each other tool for the same files and filter, decoding alone."""
    answer = subprocess.run(  # noqa: S603
        [python, str(OTHERS), str(root), str(rounds)], capture_output=True, text=True, check=True
    )
    pairs = (line.split("\t") for line in answer.stdout.splitlines())
    return {name: float(took) for name, took in pairs}


def memory(paths: Sequence[Path], gigabytes: float) -> None:
    """Prints the peak after the first gigabyte and at the end."""
    normalizer = Normalizer("default", DAY, load_catalog(), PriceBook.packaged())
    done, first = 0, 0
    while done < gigabytes * 1e9:
        for number, path in enumerate(paths):
            content = path.read_bytes()
            normalizer.file(number, content)
            done += unpacked_size(content)
        if not first and done >= 1e9:
            first = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    last = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(f"{done / 1e9:.1f} GB read")
    print(f"peak {first // 1024} MB after the first, {last // 1024} MB at the end")


def main() -> None:
    """Measures and prints."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--files", type=int, default=100)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--with", dest="python")
    parser.add_argument("--memory-gb", type=float)
    parser.add_argument("--both-cores", action="store_true")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder) / "trail"
        days = write_trail(root, given.files)
        paths = sorted(root.rglob("*.json.gz"))
        if given.memory_gb:
            memory(paths, given.memory_gb)
            return
        compare(root, days, paths, given)


def compare(
    root: Path, days: Sequence[date], paths: Sequence[Path], given: argparse.Namespace
) -> None:
    """Measures everything in turn, round by round."""
    home = Path(tempfile.mkdtemp(prefix="cost-bench-"))
    home.chmod(0o755)
    took: dict[str, list[float]] = {}
    with EmbeddedPostgres(home).running() as url, Database(url) as database:
        database.migrate()
        ours = Ours(database, root)
        works: dict[str, Callable[[], object]] = {
            "decompression alone": lambda: unpack(paths),
            "decoded and priced": lambda: normalise(paths),
            "committed, one process": lambda: on_cores(ours, days, 1),
        }
        if given.both_cores:
            works["committed, two processes"] = lambda: on_cores(ours, days, 2)
        normalise(paths[:1])
        for _ in range(given.rounds):
            for name, work in works.items():
                took.setdefault(name, []).append(seconds(work))
    shutil.rmtree(home, ignore_errors=True)
    medians = {name: statistics.median(values) for name, values in took.items()}
    if given.python:
        medians |= others(given.python, root, given.rounds)
    limit, records = medians["decompression alone"], len(paths) * 1_000
    for name, median in medians.items():
        print(f"{name:26} {records / median:12,.0f} records/s  {limit / median:6.3f}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
