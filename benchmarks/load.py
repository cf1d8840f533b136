"""From files on disk to committed rows, against decompression alone and against other tools.

    python benchmarks/load.py [--files 400] [--rounds 5] [--with other/bin/python]

Files of 1 000 records of 1.4 kB, 2.4 % of them calls that cost money, in a folder as CloudTrail
lays it out, in four days; an embedded Postgres. Prints medians of the rounds, all in one run, as
records a second and as shares of decompression alone: of its time, and of its CPU time (which
counts that of Postgres, and says more where other work runs). `--with` names the Python of an
environment that has the tools to compare with; those it lacks are left out:

    uv venv other && uv pip install --python other/bin/python duckdb pandas trailscraper

Every round loads once with all cores and once with everything, Postgres too, tied to one: the last
line says what the others are worth. `--processes 2` adds the load by two decoding processes, whose
start of some seconds counts: use it with thousands of files. On a machine that does nothing else.

`--memory-gb N` loads that much decompressed text in one go, a gigabyte a day: the same files
linked under other names. Prints the peak after the first gigabyte and at the end.
"""

from __future__ import annotations

import argparse
import os
import resource
import shutil
import statistics
import subprocess
import tempfile
from collections.abc import Callable, Iterator, Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import deflate
from clock import Clock
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
        facts = list(self.loaded(days))
        assert sum(fact["failed"] for fact in facts) == 0
        assert sum(fact["events"] for fact in facts) > 0

    def loaded(self, days: Sequence[date]) -> Iterator[dict[str, Any]]:
        """The same, with the facts of each day when it is loaded."""
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
        yield from loading.days(days)


def on_cores(ours: Ours, days: Sequence[date], number: int) -> None:
    """Loads with so many decoding processes; one means here, without any other process."""
    decoding.cores = lambda: number
    decoding.ENOUGH_BYTES, decoding.ENOUGH_CORES = 0, 2
    ours.load(days)


def on_one_core(ours: Ours, days: Sequence[date], clock: Clock) -> None:
    """Loads in one process and on one core, which Postgres has to share."""
    with clock.one_core():
        on_cores(ours, days, 1)


def others(python: str, root: Path) -> dict[str, float]:
    """Seconds of each other tool for the same files and filter, decoding alone."""
    answer = subprocess.run(  # noqa: S603
        [python, str(OTHERS), str(root), "1"], capture_output=True, text=True, check=True
    )
    pairs = (line.split("\t") for line in answer.stdout.splitlines())
    return {name: float(took) for name, took in pairs}


def memory(root: Path, paths: Sequence[Path], gigabytes: int, ours: Ours) -> None:
    """Prints the peak after the first gigabyte and at the end."""
    size = sum(unpacked_size(path.read_bytes()) for path in paths) / len(paths)
    days = [DAY + timedelta(days=30 + n) for n in range(gigabytes)]
    for day in days:
        folder = root / f"AWSLogs/111122223333/CloudTrail/us-east-1/{day:%Y/%m/%d}"
        folder.mkdir(parents=True)
        for number in range(round(1e9 / size)):
            name = f"111122223333_CloudTrail_us-east-1_{day:%Y%m%d}T0005Z_{number:016d}.json.gz"
            os.link(paths[number % len(paths)], folder / name)
    peaks = [peak for _ in ours.loaded(days) if (peak := _peak_mb())]
    print(f"{gigabytes} GB: peak {peaks[0]} MB after the first, {peaks[-1]} MB at the end")


def _peak_mb() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def main() -> None:
    """Measures and prints."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--files", type=int, default=400)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--with", dest="python")
    parser.add_argument("--memory-gb", type=int)
    parser.add_argument("--processes", type=int)
    given = parser.parse_args()
    home = Path(tempfile.mkdtemp(prefix="cost-bench-"))
    home.chmod(0o755)
    with (
        tempfile.TemporaryDirectory() as folder,
        EmbeddedPostgres(home).running() as url,
        Database(url) as database,
    ):
        database.migrate()
        root = Path(folder) / "trail"
        days = write_trail(root, given.files)
        paths = sorted(root.rglob("*.json.gz"))
        ours = Ours(database, root)
        if given.memory_gb:
            memory(root, paths, given.memory_gb, ours)
        else:
            compare(root, days, paths, ours, Clock(home), given)
    shutil.rmtree(home, ignore_errors=True)


def compare(
    root: Path,
    days: Sequence[date],
    paths: Sequence[Path],
    ours: Ours,
    clock: Clock,
    given: argparse.Namespace,
) -> None:
    """Measures everything in turn, round by round."""
    took: dict[str, list[tuple[float, ...]]] = {}
    works: dict[str, Callable[[], object]] = {
        "decompression alone": lambda: unpack(paths),
        "decoded and priced": lambda: normalise(paths),
        "committed, one process": lambda: on_cores(ours, days, 1),
        "committed, one core": lambda: on_one_core(ours, days, clock),
    }
    if given.processes:
        works["committed, more processes"] = lambda: on_cores(ours, days, given.processes)
    normalise(paths[:1])
    for _ in range(given.rounds):
        for name, work in works.items():
            took.setdefault(name, []).append(clock.time(work))
        for name, seconds in others(given.python, root).items() if given.python else ():
            took.setdefault(name, []).append((seconds,))
    medians = {
        name: [statistics.median(values) for values in zip(*rounds, strict=True)]
        for name, rounds in took.items()
    }
    limit, records = medians["decompression alone"], len(paths) * 1_000
    for name, median in medians.items():
        shares = "".join(f"  {most / own:6.3f}" for most, own in zip(limit, median, strict=False))
        print(f"{name:26} {records / median[0]:12,.0f} records/s{shares}", flush=True)
    pairs = zip(took["committed, one core"], took["committed, one process"], strict=True)
    worth = statistics.median(one[0] / every[0] for one, every in pairs)
    print(f"all cores are worth {worth:.2f} times one, at the median of the rounds")


if __name__ == "__main__":
    main()
