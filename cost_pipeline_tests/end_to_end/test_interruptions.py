"""Two runs at once, a run killed in the middle, a database that goes away: the same rows."""

import os
import signal
import subprocess
import sys
import textwrap
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg
import pytest
from dagster import DagsterInstance

from cost_pipeline.local.postgres import EmbeddedPostgres
from cost_pipeline.orchestration.run_range import RunSummary
from cost_pipeline.store import database as store_database
from cost_pipeline.store import objects
from cost_pipeline.store.database import Database, DatabaseUnavailableError
from cost_pipeline.store.ingest import Staging
from cost_pipeline_tests.fixtures.rows import derived
from cost_pipeline_tests.fixtures.trail import LogFolder, moment, ordinary_day, run_instances

Runner = Callable[..., RunSummary]

# Stops for good between the merge of a day's files and its commit.
_HANG = textwrap.dedent("""
    import sys, time
    from cost_pipeline.orchestration.run_range import run_range
    from cost_pipeline.store.ingest import Staging
    url, trail = sys.argv[1:]
    merge, merged = Staging.merge, []
    def hang(self, **options):
        merge(self, **options)
        merged.append(self)
        if len(merged) == 2:
            print("merged", flush=True)
            time.sleep(120)
    Staging.merge = hang
    run_range(url, trail_url=trail, since=None, until=None, tenant_id="default",
              listener=lambda step: None)
""")


@pytest.fixture
def days(folder: LogFolder) -> LogFolder:
    """Three days, the last with something unusual."""
    for day in (1, 2, 3):
        folder.put(ordinary_day(day), moment(day, 20))
        folder.put(ordinary_day(day), moment(day, 21), "twice")
    folder.put(
        [run_instances("attack", moment(3, 3), kind="p4d.24xlarge", count=8, actor="eve")],
        moment(3, 4),
    )
    return folder


def test_two_runs_at_once_leave_the_rows_of_one(
    days: LogFolder, run: Runner, database: Database
) -> None:
    # One after the other: the making of an instance uses what Alembic keeps for the process.
    with (
        DagsterInstance.ephemeral() as one,
        DagsterInstance.ephemeral() as other,
        ThreadPoolExecutor(2) as pool,
    ):
        summaries = list(pool.map(lambda instance: run(instance=instance), (one, other)))
    assert all(summary.failures == () for summary in summaries)
    both = derived(database)
    run()
    assert derived(database) == both
    assert len(both["cost_events"]) == 19
    assert len(both["anomalies"]) == 1


def test_a_run_killed_before_its_commit_loses_nothing_and_doubles_nothing(
    days: LogFolder, run: Runner, database: Database, database_url: str, tmp_path: Path
) -> None:
    command = [sys.executable, "-W", "ignore", "-c", _HANG, database_url, str(days.root)]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, start_new_session=True
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"merged\n"
        os.killpg(process.pid, signal.SIGKILL)
    with database.transaction("default") as conn:
        states = conn.execute(
            "SELECT day, array_agg(DISTINCT state) AS states FROM trail_objects GROUP BY 1"
        ).fetchall()
    assert {row["day"].day: row["states"] for row in states} == {
        1: ["done"],
        2: ["pending"],
        3: ["pending"],
    }
    summary = run()
    assert summary.failures == ()
    again = derived(database)
    assert len(again["cost_events"]) == 19
    assert len(again["anomalies"]) == 1
    run()
    assert derived(database) == again


def test_a_connection_lost_in_the_middle_is_tried_again(
    days: LogFolder,
    run: Runner,
    database: Database,
    database_url: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    merge, lost = Staging.merge, []

    def lose(self: Staging, **options: Any) -> None:
        merge(self, **options)
        if not lost:
            lost.append(True)
            with psycopg.connect(database_url, autocommit=True) as conn:
                conn.execute(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                    " WHERE datname = current_database() AND pid <> pg_backend_pid()"
                )

    monkeypatch.setattr(Staging, "merge", lose)
    summary = run()
    assert lost
    assert summary.failures == ()
    assert (summary.cost_events, summary.anomalies) == (19, 1)


@pytest.fixture
def own_server(tmp_path: Path) -> Iterator[EmbeddedPostgres]:
    """A server that this test may stop."""
    import tempfile

    with tempfile.TemporaryDirectory(prefix="cost-own-") as name:
        Path(name).chmod(0o755)
        yield EmbeddedPostgres(Path(name), {"fsync": "off", "shared_buffers": "16MB"})


def test_the_sensor_recovers_when_postgres_was_stopped(
    own_server: EmbeddedPostgres,
    folder: LogFolder,
    live_at: Callable[[str], Any],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(store_database, "_CONNECT_SECONDS", 3.0)
    now = datetime.now(UTC)
    with own_server.running() as url:
        live = live_at(url)
        with Database(url) as db:
            db.migrate()
            with db.transaction("default") as conn:
                objects.ensure_trail(conn, tenant_id="default", url=str(folder.root))
        folder.put([run_instances("one", now)], now, "m")
        assert len(live.follow()) == 1
    folder.put([run_instances("two", now)], now, "a")
    with pytest.raises(DatabaseUnavailableError, match="did not accept a connection"):
        live.tick()
    with own_server.running() as again:
        assert again == url
        assert len(live.follow()) == 1
        with Database(url) as db, db.transaction("default") as conn:
            found = conn.execute("SELECT event_id FROM cost_events ORDER BY 1").fetchall()
    assert [row["event_id"] for row in found] == ["one", "two"]
