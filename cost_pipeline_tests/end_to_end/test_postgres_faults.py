"""Postgres on a bad day: the same run goes on by itself, or says in words what is wrong."""

import os
import shutil
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from cost_pipeline.local.postgres import EmbeddedPostgres
from cost_pipeline.orchestration.run_range import RunSummary, run_range
from cost_pipeline.store import database as store_database
from cost_pipeline.store.database import Database, DatabaseUnavailableError
from cost_pipeline.store.ingest import Staging
from cost_pipeline_tests.fixtures.trail import LogFolder, moment, ordinary_day, run_instances

STOPPED_SECONDS = float(os.environ.get("POSTGRES_STOPPED_SECONDS", "60"))
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


def _run(url: str, folder: LogFolder) -> RunSummary:
    return run_range(
        url,
        trail_url=str(folder.root),
        since=None,
        until=None,
        tenant_id="default",
        listener=lambda step: None,
    )


@pytest.mark.soak
def test_a_server_that_is_stopped_for_a_minute_costs_a_minute(
    servers: Callable[..., EmbeddedPostgres], days: LogFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = servers()
    with server.running() as url:

        def stop(_conn: Any) -> None:
            server._run([*_control(server), "stop", "-m", "immediate"])
            threading.Timer(STOPPED_SECONDS, server.revive).start()

        happened = _once_after_merge(monkeypatch, stop)
        summary = _run(url, days)
        assert happened
        assert summary.failures == ()
        assert (summary.cost_events, summary.anomalies) == (13, 1)


@pytest.mark.soak
def test_when_the_standby_is_promoted_the_run_goes_on_there(
    servers: Callable[..., EmbeddedPostgres], days: LogFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    primary, standby = servers("primary"), servers("standby")
    with primary.running() as url:
        with Database(url) as db:
            db.migrate()
        port = _start_standby(primary, standby, url)
        login = url.removeprefix("postgresql://").partition("@")[0]
        first = url.partition("@")[2].partition("/")[0]
        both = f"postgresql://{login}@{first},127.0.0.1:{port}/cost?target_session_attrs=read-write"

        def fail_over(_conn: Any) -> None:
            primary._run([*_control(primary), "stop", "-m", "immediate"])
            standby._run([*_control(standby), "promote", "-w"])

        try:
            happened = _once_after_merge(monkeypatch, fail_over)
            summary = _run(both, days)
        finally:
            standby._run([*_control(standby), "stop", "-m", "immediate"])
        assert happened
        assert summary.failures == ()
        assert (summary.cost_events, summary.anomalies) == (13, 1)


def _control(server: EmbeddedPostgres) -> list[str]:
    return [str(server._binaries() / "pg_ctl"), "-D", str(server.data), "-s"]


def _start_standby(primary: EmbeddedPostgres, standby: EmbeddedPostgres, url: str) -> int:
    standby._make_folder()
    if standby._user is not None:
        os.chown(standby.folder, standby._user.pw_uid, standby._user.pw_gid)
    copy = [str(primary._binaries() / "pg_basebackup"), "-D", str(standby.data), "-R", "-c", "fast"]
    done = standby._run([*copy, "-d", url.rpartition("/")[0] + "/postgres"])
    assert done.returncode == 0, done.stderr
    standby._start(standby._binaries())
    return standby._pid_and_port()[1]


@pytest.fixture
def small_disk() -> Iterator[Path]:
    """A file system of 24 MB."""
    root = Path(tempfile.mkdtemp(prefix="cost-disk-"))
    root.chmod(0o755)
    mount = ["mount", "-t", "tmpfs", "-o", "size=24m,mode=0777", "tmpfs", str(root)]
    if os.geteuid() != 0 or subprocess.run(mount, capture_output=True).returncode != 0:
        pytest.skip("only root may mount a small file system, and not everywhere")
    yield root
    subprocess.run(["umount", "-l", str(root)], check=False)
    root.rmdir()


@pytest.mark.soak
def test_a_full_disk_is_said_and_nothing_is_lost_once_there_is_room(
    servers: Callable[..., EmbeddedPostgres], small_disk: Path, days: LogFolder
) -> None:
    server = servers()
    place = small_disk / "tables"
    place.mkdir()
    if server._user is not None:
        os.chown(place, server._user.pw_uid, server._user.pw_gid)
    with server.running() as url:
        with psycopg.connect(url, dbname="postgres", autocommit=True) as conn:
            conn.execute(f"CREATE TABLESPACE small LOCATION '{place}'")
            conn.execute("ALTER DATABASE cost SET default_tablespace = small")
        with Database(url) as db:
            db.migrate()
        filler = small_disk / "filler"
        with filler.open("wb") as file:
            try:
                while True:
                    file.write(b"x" * 4096)
                    file.flush()
            except OSError:
                pass
        failed = _run(url, days)
        assert any("No space left on device" in failure for failure in failed.failures), failed
        filler.unlink()
        summary = _run(url, days)
        assert summary.failures == ()
        assert (summary.cost_events, summary.anomalies) == (13, 1)
