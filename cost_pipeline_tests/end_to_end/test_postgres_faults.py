"""Postgres on a bad day: the same run goes on by itself, or says in words what is wrong."""

import shutil
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from cost_pipeline.local.postgres import EmbeddedPostgres
from cost_pipeline.orchestration.run_range import RunSummary
from cost_pipeline.store import database as store_database
from cost_pipeline.store.database import Database, DatabaseUnavailableError
from cost_pipeline.store.ingest import Staging
from cost_pipeline_tests.fixtures.trail import LogFolder, moment, ordinary_day, run_instances

Runner = Callable[..., RunSummary]


@pytest.fixture
def days(folder: LogFolder) -> LogFolder:
    for day in (1, 2):
        folder.put(ordinary_day(day), moment(day, 20))
    attack = run_instances("attack", moment(2, 3), kind="p4d.24xlarge", count=8, actor="eve")
    folder.put([attack], moment(2, 4))
    return folder


@pytest.fixture
def servers() -> Iterator[Callable[..., EmbeddedPostgres]]:
    """Servers that a test may stop, each in a folder that Postgres's own user may enter."""
    root = Path(tempfile.mkdtemp(prefix="cost-faults-"))
    root.chmod(0o755)

    def make(name: str = "one", **settings: str) -> EmbeddedPostgres:
        defaults = {"fsync": "off", "shared_buffers": "16MB"}
        return EmbeddedPostgres(root / name, defaults | settings)

    yield make
    shutil.rmtree(root, ignore_errors=True)


def _once_after_merge(monkeypatch: pytest.MonkeyPatch, fault: Callable[[Any], None]) -> list[bool]:
    """Lets something happen in the first transaction that has merged a day."""
    merge, happened = Staging.merge, []

    def merged(self: Staging, **options: Any) -> None:
        merge(self, **options)
        if not happened:
            happened.append(True)
            fault(self._conn)

    monkeypatch.setattr(Staging, "merge", merged)
    return happened


def _serialization(conn: Any) -> None:
    conn.execute("DO $$ BEGIN RAISE EXCEPTION 'conflict' USING ERRCODE = '40001'; END $$")


def _deadlock(conn: Any) -> None:
    """Another session holds what we want next, and wants what we hold; we are the ones to go."""
    (row,) = conn.execute("SELECT objid, classid FROM pg_locks WHERE locktype = 'advisory' LIMIT 1")
    held = row["classid"] << 32 | row["objid"]
    held -= 1 << 64 if held >= 1 << 63 else 0
    ready = threading.Event()

    def other() -> None:
        with psycopg.connect(conn.info.dsn, password=conn.info.password) as there:
            there.execute("SET LOCAL deadlock_timeout = '60s'")
            there.execute("SELECT pg_advisory_xact_lock(42)")
            ready.set()
            there.execute("SELECT pg_advisory_xact_lock(%s)", [held])

    threading.Thread(target=other, daemon=True).start()
    ready.wait(10)
    time.sleep(0.2)
    conn.execute("SELECT pg_advisory_xact_lock(42)")


@pytest.mark.parametrize("fault", [_serialization, _deadlock])
def test_a_transaction_that_postgres_ended_is_made_again(
    fault: Callable[[Any], None], days: LogFolder, run: Runner, monkeypatch: pytest.MonkeyPatch
) -> None:
    happened = _once_after_merge(monkeypatch, fault)
    summary = run()
    assert happened
    assert summary.failures == ()
    assert (summary.cost_events, summary.anomalies) == (13, 1)


def test_without_connections_left_it_waits_then_says_so(
    servers: Callable[..., EmbeddedPostgres], monkeypatch: pytest.MonkeyPatch
) -> None:
    with servers(max_connections="8", superuser_reserved_connections="0").running() as url:
        hogs = []
        while len(hogs) < 20:
            try:
                hogs.append(psycopg.connect(url))
            except psycopg.OperationalError:
                break
        monkeypatch.setattr(store_database, "_CONNECT_SECONDS", 0.5)
        with (
            Database(url) as db,
            pytest.raises(DatabaseUnavailableError, match="has connections left"),
            db.admin(),
        ):
            pass
        monkeypatch.setattr(store_database, "_CONNECT_SECONDS", 20.0)
        release = threading.Timer(0.5, lambda: [hog.close() for hog in hogs])
        release.start()
        with Database(url) as db, db.admin() as conn:
            assert conn.execute("SELECT 1 AS one").fetchone() == {"one": 1}
        release.join()


def test_several_hosts_are_named_when_none_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store_database, "_CONNECT_SECONDS", 0.3)
    url = "postgresql://app:hush@127.0.0.1:1,127.0.0.1:2/cost?target_session_attrs=read-write"
    with (
        Database(url) as db,
        pytest.raises(DatabaseUnavailableError, match=r"127\.0\.0\.1:1,127\.0\.0\.1:2") as caught,
        db.admin(),
    ):
        pass
    assert "hush" not in str(caught.value)
