"""A restore drill: everything is backed up, destroyed and restored, and goes on."""

import json
import shutil
import tarfile
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import psycopg
import pytest

from cost_pipeline.access.passwords import hash_password, matches
from cost_pipeline.local import backup, pg_tools
from cost_pipeline.local.postgres import PostgresError
from cost_pipeline.local.restore import lost_keys, read_manifest, restore
from cost_pipeline.orchestration.run_range import run_range
from cost_pipeline.settings import Settings
from cost_pipeline.store import users
from cost_pipeline.store.database import Database
from cost_pipeline_tests.fixtures.trail import LogFolder, moment, run_instances

_ROWS = (
    "SELECT id, event_id, hourly_cost, data FROM cost_events ORDER BY id",
    "SELECT id, title, severity, reasons FROM anomalies ORDER BY id",
    "SELECT resource_id, hourly_cost, stopped_at FROM resources ORDER BY 1",
)


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.delenv("DAGSTER_PG_URL", raising=False)
    monkeypatch.setenv("COST_PIPELINE_HOME", str(tmp_path / "home"))
    (tmp_path / "home" / "digests" / "default").mkdir(parents=True)
    (tmp_path / "home" / "digests" / "default" / "digest.md").write_text("yesterday")
    return Settings()


@pytest.fixture
def trail(tmp_path: Path) -> LogFolder:
    folder = LogFolder(tmp_path / "trail")
    folder.put([run_instances("e-1", moment(10), kind="p4d.24xlarge", count=8)], moment(10, 9.2))
    return folder


@pytest.fixture
def elsewhere(postgres_url: str) -> Iterator[str]:
    """A database that is not there yet."""
    yield f"{postgres_url.rpartition('/')[0]}/drill"
    with psycopg.connect(postgres_url, autocommit=True) as conn:
        conn.execute("DROP DATABASE IF EXISTS drill WITH (FORCE)")


def _run(url: str, trail: LogFolder, **more: Any) -> None:
    shared: dict[str, Any] = {"tenant_id": "default", "listener": lambda step: None}
    summary = run_range(
        url, trail_url=str(trail.root), since=date(2026, 3, 10), until=date(2026, 3, 11), **shared
    )
    assert summary.failures == ()


def _rows(url: str) -> list[list[Any]]:
    with Database(url) as db, db.transaction("default") as conn:
        return [conn.execute(query).fetchall() for query in _ROWS]


def test_the_restore_drill(
    database_url: str, elsewhere: str, settings: Settings, trail: LogFolder, tmp_path: Path
) -> None:
    _run(database_url, trail)
    with Database(database_url) as db, db.admin() as conn:
        hashed = hash_password("correct horse battery")
        users.put(conn, tenant_id="default", email="ada@x.test", password_hash=hashed, role="admin")
    before, file = _rows(database_url), tmp_path / "safe" / "backup.tar"
    manifest = backup.write(database_url, settings, file)
    assert file.stat().st_mode & 0o077 == 0
    assert manifest.counts["cost_events"] == len(before[0]) == 1

    key = (settings.home / "secret_key").read_text()
    (settings.home / "secret_key").unlink()
    shutil.rmtree(settings.home / "digests")
    restore(elsewhere, settings, file)

    assert _rows(elsewhere) == before
    assert (settings.home / "secret_key").read_text() == key
    assert (settings.home / "digests" / "default" / "digest.md").read_text() == "yesterday"
    with Database(elsewhere) as db:
        with db.admin() as conn:
            known = users.find(conn, email="ada@x.test")
        assert known is not None
        assert matches("correct horse battery", known["password_hash"])
        with db.transaction("other") as conn:
            assert conn.execute("SELECT FROM cost_events").fetchall() == []

    trail.put([run_instances("e-2", moment(11))], moment(11, 9.2))
    _run(elsewhere, trail)
    assert len(_rows(elsewhere)[0]) == 2


def test_nothing_is_overwritten_unless_told(
    database_url: str, settings: Settings, tmp_path: Path
) -> None:
    file = tmp_path / "backup.tar"
    backup.write(database_url, settings, file)
    with pytest.raises(backup.BackupError, match="already"):
        backup.write(database_url, settings, file)
    with pytest.raises(backup.BackupError, match=r"cost.*--replace"):
        restore(database_url, settings, file)
    with psycopg.connect(database_url) as conn:
        conn.execute("INSERT INTO tenants (tenant_id, name) VALUES ('later', 'Later')")
    restore(database_url, settings, file, replace=True)
    with Database(database_url) as db:
        assert [tenant["tenant_id"] for tenant in db.tenants()] == ["default"]


@pytest.mark.parametrize(
    ("change", "said"),
    [({"revision": "9999"}, "newer than what is installed"), ({"postgres": 99}, "Postgres 99")],
)
def test_what_does_not_fit_is_refused_before_anything_is_touched(
    database_url: str, settings: Settings, tmp_path: Path, change: dict[str, Any], said: str
) -> None:
    file, other = tmp_path / "backup.tar", tmp_path / "other"
    backup.write(database_url, settings, file)
    with tarfile.open(file) as tar:
        tar.extractall(other, filter="data")
    manifest = json.loads((other / "manifest.json").read_text())
    (other / "manifest.json").write_text(json.dumps(manifest | change))
    with tarfile.open(tmp_path / "changed.tar", "w") as tar:
        tar.add(other / "manifest.json", "manifest.json")
    with pytest.raises(backup.BackupError, match=said):
        restore(database_url, settings, tmp_path / "changed.tar", replace=True)
    with psycopg.connect(database_url) as conn:
        assert conn.execute("SELECT count(*) FROM tenants").fetchone() == (1,)


def test_a_file_that_is_no_backup_is_refused(tmp_path: Path) -> None:
    (tmp_path / "x.tar").write_bytes(b"not a tar")
    for name in ("x.tar", "missing.tar"):
        with pytest.raises(backup.BackupError):
            read_manifest(tmp_path / name)


def test_keys_that_stayed_behind_are_named(
    database_url: str, settings: Settings, tmp_path: Path
) -> None:
    manifest = backup.write(database_url, settings, tmp_path / "backup.tar")
    assert lost_keys(settings, manifest) == []
    (settings.home / "secret_key").unlink()
    assert lost_keys(settings, manifest) == manifest.key_ids


def test_a_program_that_is_too_old_is_not_used() -> None:
    with pytest.raises(PostgresError, match="postgresql-client-99"):
        pg_tools.tool("pg_dump", 99)


def test_a_backup_goes_to_a_server_whose_owner_has_another_name(
    postgres_url: str, settings: Settings, tmp_path: Path
) -> None:
    moved, server = tmp_path / "moved.tar", postgres_url.rpartition("/")[0]
    theirs = f"postgresql://old_owner:old@{server.rpartition('@')[2]}/moved"
    with psycopg.connect(postgres_url, autocommit=True) as conn:
        conn.execute("CREATE ROLE old_owner LOGIN SUPERUSER PASSWORD 'old'")
        conn.execute("CREATE DATABASE moved OWNER old_owner")
        with Database(theirs) as db:
            db.migrate()
        backup.write(theirs, settings, moved)
        conn.execute("DROP DATABASE moved WITH (FORCE)")
        conn.execute("REVOKE ALL ON SCHEMA public FROM old_owner")
        conn.execute("DROP OWNED BY old_owner; DROP ROLE old_owner")
        restore(f"{server}/moved", settings, moved, replace=True)
        with Database(f"{server}/moved") as db:
            assert len(db.tenants()) == 1
            with db.transaction("other") as walled:
                assert walled.execute("SELECT FROM tenants").fetchall() == []
        assert conn.execute("SELECT FROM pg_roles WHERE rolname = 'old_owner'").fetchall() == []
        conn.execute("DROP DATABASE moved WITH (FORCE)")
