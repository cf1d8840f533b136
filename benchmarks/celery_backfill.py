"""How much faster a backfill is with two Celery workers than with one.

    pip install 'cost-pipeline[celery]'      # and a redis-server on the PATH
    python benchmarks/celery_backfill.py --days 8 --files 1200

Everything real: Postgres, Redis, Dagster's daemon and code server, workers started as
`dagster-celery worker start`. For each number of workers the same days, of log files of 1 000
records, are backfilled through Dagster into a fresh database, from the request to the last run's
end. Each worker is bound to a core of its own, as if it were a machine of one core; all else runs
wherever there is room. The seconds of CPU that each part used say who was the limit.
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

import psutil
import trail_files
import yaml
from dagster import AssetKey, DagsterInstance
from dagster._core.execution.backfill import BulkActionStatus, PartitionBackfill

from cost_pipeline.local import services
from cost_pipeline.local.home import TOKEN, owning
from cost_pipeline.local.ports import Ports, claimed_port
from cost_pipeline.local.postgres import EmbeddedPostgres
from cost_pipeline.local.processes import Processes, Program
from cost_pipeline.store import objects
from cost_pipeline.store.database import Database

DEPLOY = services.ROOT / "deploy" / "celery"
READING = ("trail_objects", "cost_events")


@contextmanager
def running(home: Path, workers: int) -> Iterator[tuple[str, str]]:
    """A system whose runs are taken by Celery workers; yields its database and owner's token."""
    with ExitStack() as stack:
        url = stack.enter_context(EmbeddedPostgres(home / "postgres").running())
        token = stack.enter_context(owning(home))
        ports = stack.enter_context(Ports.claimed(8501, 3000))
        redis = stack.enter_context(claimed_port(6390))
        environment = services.environment(home, url, ports) | celery_environment(redis)
        os.environ.update(environment)
        write_configuration(home)
        processes = stack.enter_context(Processes(home, token, environment, services.ROOT))
        storeless = ("--save", "", "--dir", str(home))
        processes.start(Program("redis", ("redis-server", "--port", str(redis), *storeless), redis))
        processes.start(services.code_server(ports))
        daemon = [p for p in services.programs(environment, ports) if "daemon" in p.name]
        processes.start_all([*daemon, *(worker(n, home) for n in range(workers))])
        time.sleep(8)  # workers say nothing when they are ready
        yield url, token


def celery_environment(redis: int) -> dict[str, str]:
    """What the launcher and the workers read."""
    return {
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "CELERY_BROKER_URL": f"redis://127.0.0.1:{redis}/0",
        "CELERY_RESULT_URL": f"redis://127.0.0.1:{redis}/1",
        "DAYS_PER_RUN": "1",
        "SENSOR_SECONDS": "3600",
        "SWEEP_ENABLED": "false",
    }


def write_configuration(home: Path) -> None:
    """Dagster's configuration with the launcher that deploy/celery adds."""
    file = home / "dagster" / "dagster.yaml"
    configuration = yaml.safe_load(file.read_text())
    configuration |= yaml.safe_load((DEPLOY / "run_launcher.yaml").read_text())
    configuration["concurrency"] = {"runs": {"max_concurrent_runs": 8}}
    file.write_text(yaml.safe_dump(configuration))


def worker(number: int, home: Path) -> Program:
    """A worker, as an operator starts it, on a core of its own."""
    core = sorted(os.sched_getaffinity(0))[number % len(os.sched_getaffinity(0))]
    command = str(Path(sys.executable).with_name("dagster-celery"))
    options = ("-A", "dagster_celery.app", "-y", str(DEPLOY / "worker.yaml"))
    name = f"worker-{number}"
    bound = ("taskset", "-c", str(core), command)
    return Program(name, (*bound, "worker", "start", *options, "-n", name))


PARTS = {
    "worker-0": "worker-0",
    "worker-1": "worker-1",
    "dagster._daemon": "Dagster's daemon",
    "api grpc": "code server",
    "redis-server": "Redis",
}


def cpu_seconds(home: Path, token: str) -> dict[str, float]:
    """Seconds of CPU so far, by part of the system, of ended children too."""
    used: dict[str, float] = dict.fromkeys([*PARTS.values(), "Postgres"], 0.0)
    for process in psutil.process_iter():
        try:
            if process.environ().get(TOKEN) == token:
                title = " ".join(process.cmdline())
                for mark, part in PARTS.items():
                    used[part] += _spent(process) if mark in title else 0.0
        except psutil.Error:
            continue
    server = int((home / "postgres" / "data" / "postmaster.pid").read_text().split()[0])
    for process in (psutil.Process(server), *psutil.Process(server).children()):
        used["Postgres"] += _spent(process)
    return used


def _spent(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system + times.children_user + times.children_system)


def backfill(days: list[date]) -> float:
    """Seconds from asking for the days to the end of the last run."""
    from cost_pipeline.definitions import defs

    with DagsterInstance.get() as instance:
        one = PartitionBackfill.from_asset_partitions(
            asset_graph=defs.get_repository_def().asset_graph,
            backfill_id="measured",
            tags={},
            backfill_timestamp=datetime.now(UTC).timestamp(),
            asset_selection=[AssetKey(name) for name in READING],
            partition_names=[day.isoformat() for day in days],
            dynamic_partitions_store=instance,
            all_partitions=False,
            title=None,
            description=None,
            run_config=None,
        )
        started = time.monotonic()
        instance.add_backfill(one)
        while True:
            known = instance.get_backfill("measured")
            if known and known.status == BulkActionStatus.COMPLETED_SUCCESS:
                return time.monotonic() - started
            if known and known.status in (
                BulkActionStatus.FAILED,
                BulkActionStatus.COMPLETED_FAILED,
            ):
                raise SystemExit(f"the backfill failed: {known.error}")
            time.sleep(0.2)


@dataclass(frozen=True)
class Measured:
    """A backfill with so many workers."""

    workers: int
    seconds: float
    records: int
    cpu: dict[str, float]

    def __str__(self) -> str:
        shares = ", ".join(
            f"{part} {used:.1f} s ({used / self.seconds:.0%})"
            for part, used in self.cpu.items()
            if used >= 0.5
        )
        rate = self.records / self.seconds
        return (
            f"{self.workers} workers: {self.seconds:.1f} s, {rate:,.0f} records/s,"
            f" {rate / self.workers:,.0f} a worker\n  CPU: {shares}"
        )


def measured(workers: int, trail: Path, days: list[date]) -> Measured:
    """The backfill with so many workers."""
    os.environ.pop("DAGSTER_PG_URL", None)  # of the measurement before
    with tempfile.TemporaryDirectory(prefix="celery-", ignore_cleanup_errors=True) as folder:
        home = Path(folder)
        home.chmod(0o755)
        with running(home, workers) as (url, token), Database(url) as database:
            database.migrate()
            with database.transaction("default") as conn:
                objects.ensure_trail(conn, tenant_id="default", url=str(trail))
            before = cpu_seconds(home, token)
            seconds = backfill(days)
            after = cpu_seconds(home, token)
            with database.transaction("default") as conn:
                row = conn.execute(
                    "SELECT sum(records)::int AS records FROM trail_objects WHERE state = 'done'"
                ).fetchone()
            used = {part: after[part] - before[part] for part in after}
            return Measured(workers, seconds, row["records"] if row else 0, used)


def main(arguments: argparse.Namespace) -> None:
    """Writes the trail, and measures one worker, then two."""
    trail_files.DAYS = arguments.days
    with tempfile.TemporaryDirectory(prefix="trail-") as folder:
        trail = Path(folder)
        days = trail_files.write_trail(trail, arguments.files)
        least = None
        for workers in arguments.workers:
            one = measured(workers, trail, days)
            least = least or one
            print(f"{one}\n  {least.seconds / one.seconds:.2f} x", flush=True)


def _check_redis() -> None:
    if shutil.which("redis-server") is None:
        raise SystemExit("redis-server is not on the PATH: install it first")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--days", type=int, default=8)
    parser.add_argument("--files", type=int, default=1_200)
    parser.add_argument("--workers", type=int, nargs="+", default=[1, 2])
    _check_redis()
    main(parser.parse_args())
