"""Postgres on a bad day: the same run goes on by itself, or says in words what is wrong."""

import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg
import pytest

from cost_pipeline.orchestration.faults import reason_of
from cost_pipeline.orchestration.run_range import RunSummary
from cost_pipeline.store import database as store_database
from cost_pipeline.store import objects
from cost_pipeline.store.database import Database, DatabaseUnavailableError
from cost_pipeline.store.ingest import Staging
from cost_pipeline_tests.fixtures.servers import (
    either,
    kill,
    own_folder,
    run_sql,
    server,
    small_disk,
    standby_of,
    wait_until_replayed,
)
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
def own() -> Iterator[Path]:
    """Where this test's own servers lie."""
    with own_folder() as folder:
        yield folder


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
    own: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    few = server(own, max_connections="8", superuser_reserved_connections="0")
    with few.running() as url:
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


def _read_of(url: str) -> list[str]:
    with Database(url) as db, db.transaction("default") as conn:
        found = conn.execute("SELECT event_id FROM cost_events ORDER BY event_id").fetchall()
    return [row["event_id"] for row in found]


def _knows(url: str, trail: LogFolder) -> None:
    with Database(url) as db:
        db.migrate()
        with db.transaction("default") as conn:
            objects.ensure_trail(conn, tenant_id="default", url=str(trail.root))


@pytest.mark.soak
def test_tables_are_brought_up_to_date_once_postgres_takes_connections(own: Path) -> None:
    late = server(own)
    with late.running() as url:
        pass
    starting = threading.Timer(1.0, late.revive)
    starting.start()
    with Database(url) as db:
        db.migrate()
        assert [tenant["tenant_id"] for tenant in db.tenants()] == ["default"]
    starting.join()
    kill(late)


@pytest.mark.soak
@pytest.mark.parametrize("behind", [False, True], ids=["in step", "behind"])
def test_a_promoted_standby_goes_on_and_reads_again_what_it_never_got(
    *,
    behind: bool,
    own: Path,
    folder: LogFolder,
    live_at: Callable[[str], Any],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(store_database, "_CONNECT_SECONDS", 1.0)
    now = datetime.now(UTC)
    primary = server(own / "primary")
    with primary.running() as first:
        _knows(first, folder)
        with standby_of(primary, own / "standby").running() as second:
            live = live_at(either(first, second))
            if behind:
                wait_until_replayed(first)
                run_sql(second, "ALTER SYSTEM SET primary_conninfo = ''", "SELECT pg_reload_conf()")
            folder.put([run_instances("one", now)], now, "m")
            assert len(live.follow()) == 1
            if not behind:
                wait_until_replayed(first)
            kill(primary)
            folder.put([run_instances("two", now)], now, "a")
            with pytest.raises(DatabaseUnavailableError, match="did not accept a connection"):
                live.tick()
            run_sql(second, "SELECT pg_promote()")
            assert _read_of(second) == ([] if behind else ["one"])
            assert len(live.follow()) == 1
            assert _read_of(second) == ["one", "two"]


@pytest.mark.soak
def test_a_full_disk_is_called_so_and_waited_for(
    folder: LogFolder, live_at: Callable[[str], Any]
) -> None:
    now = datetime.now(UTC)
    records = [run_instances(f"i-{number}", now, actor="x" * 200) for number in range(4_000)]
    with small_disk(megabytes=160) as disk, server(disk.folder).running() as url:
        _knows(url, folder)
        live = live_at(url)
        folder.put(records, now, "many")
        disk.fill(leave=100_000)
        (request,) = live.tick()
        failed = [event for event in live.make(request).all_events if event.is_step_failure]
        assert "No space left on device" in reason_of(failed[0])
        assert _read_of(url) == []
        disk.make_room()
        assert live.make(request).success
        assert len(_read_of(url)) == len(records)
