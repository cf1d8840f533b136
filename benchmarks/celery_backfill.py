"""How much faster a backfill is with two Celery workers than with one.

    pip install 'cost-pipeline[celery]'      # and a redis-server on the PATH
    python benchmarks/celery_backfill.py --days 16 --reads 20000

Everything real: Postgres, Redis, Dagster's daemon and code server, workers started as
`dagster-celery worker start`. For each number of workers the same days of a made-up organisation
are backfilled through Dagster into a fresh database, from the request to the last run's end.
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
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import yaml
from dagster import AssetKey, DagsterInstance
from dagster._core.execution.backfill import BulkActionStatus, PartitionBackfill

from cost_pipeline.local import services
from cost_pipeline.local.home import owning
from cost_pipeline.local.ports import Ports, claimed_port
from cost_pipeline.local.postgres import EmbeddedPostgres
from cost_pipeline.local.processes import Processes, Program
from cost_pipeline.simulate.organisation import Organisation
from cost_pipeline.simulate.writer import write_days
from cost_pipeline.store import objects
from cost_pipeline.store.database import Database

DEPLOY = services.ROOT / "deploy" / "celery"
READING = ("trail_objects", "cost_events")


@contextmanager
def running(home: Path, workers: int) -> Iterator[tuple[str, dict[str, str]]]:
    """A system whose runs are taken by Celery workers; yields its database and environment."""
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
        yield url, environment


def celery_environment(redis: int) -> dict[str, str]:
    """What the launcher and the workers read."""
    return {
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "CELERY_BROKER_URL": f"redis://127.0.0.1:{redis}/0",
        "CELERY_RESULT_URL": f"redis://127.0.0.1:{redis}/1",
        "DAYS_PER_RUN": "2",
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
    """A worker, as an operator starts it."""
    command = str(Path(sys.executable).with_name("dagster-celery"))
    options = ("-A", "dagster_celery.app", "-y", str(DEPLOY / "worker.yaml"))
    return Program(
        f"worker-{number}", (command, "worker", "start", *options, "-n", f"worker-{number}")
    )


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


def measured(workers: int, trail: Path, days: list[date]) -> float:
    """The backfill's seconds with so many workers."""
    os.environ.pop("DAGSTER_PG_URL", None)  # of the measurement before
    with tempfile.TemporaryDirectory(prefix="celery-", ignore_cleanup_errors=True) as folder:
        home = Path(folder)
        home.chmod(0o755)
        with running(home, workers) as (url, _), Database(url) as database:
            database.migrate()
            with database.transaction("default") as conn:
                objects.ensure_trail(conn, tenant_id="default", url=str(trail))
            seconds = backfill(days)
            with database.transaction("default") as conn:
                facts = conn.execute(
                    "SELECT count(*) AS files, sum(records) AS records FROM trail_objects"
                    " WHERE state = 'done'"
                ).fetchone()
            print(f"{workers} workers: {seconds:.1f} s, {facts}", flush=True)
            return seconds


def main(arguments: argparse.Namespace) -> None:
    """Writes the trail, and measures one worker, then two."""
    first = date(2026, 1, 5)
    days = [first + timedelta(days=number) for number in range(arguments.days)]
    with tempfile.TemporaryDirectory(prefix="trail-") as folder:
        trail = Path(folder)
        organisation = Organisation(1, first_day=first, reads=arguments.reads)
        print(write_days(trail, organisation, days[0], days[-1]), flush=True)
        seconds = {workers: measured(workers, trail, days) for workers in arguments.workers}
    least = seconds[min(seconds)]
    for workers, took in seconds.items():
        print(f"{workers} workers: {least / took:.2f} x")


def _check_redis() -> None:
    if shutil.which("redis-server") is None:
        raise SystemExit("redis-server is not on the PATH: install it first")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--days", type=int, default=16)
    parser.add_argument("--reads", type=int, default=20_000)
    parser.add_argument("--workers", type=int, nargs="+", default=[1, 2])
    _check_redis()
    main(parser.parse_args())
