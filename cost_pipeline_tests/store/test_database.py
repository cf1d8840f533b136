"""Migrations, and the wall between tenants."""

import contextlib
import os
import shutil
import signal
import tempfile
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime
from pathlib import Path

import psycopg
import pytest

from cost_pipeline.local.postgres import EmbeddedPostgres
from cost_pipeline.store.database import Database, DatabaseUnavailableError


def test_many_processes_may_migrate_at_once(postgres_url: str) -> None:
    with psycopg.connect(postgres_url, autocommit=True) as conn:
        conn.execute("CREATE DATABASE migrated_by_many")
    url = f"{postgres_url.rpartition('/')[0]}/migrated_by_many"
    with Database(url) as db, ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: db.migrate(), range(4)))
        assert [row["tenant_id"] for row in db.tenants()] == ["default"]


def test_days_are_those_of_utc_wherever_the_server_stands(postgres_url: str) -> None:
    evening = datetime(2026, 3, 10, 20, tzinfo=UTC)  # in Tokyo it is the 11th
    with Database(f"{postgres_url}?options=-ctimezone%3DAsia/Tokyo") as db, db.admin() as conn:
        row = conn.execute("SELECT %(t)s AS t, %(t)s::date AS day", {"t": evening}).fetchone()
    assert row is not None
    assert row["day"] == row["t"].date() == date(2026, 3, 10)


def test_every_table_with_a_tenant_is_walled(database: Database) -> None:
    with database.admin() as conn:
        tables = conn.execute(
            "SELECT c.relname, c.relrowsecurity AND c.relforcerowsecurity AS walled FROM pg_class c"
            " JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'tenant_id'"
            " WHERE c.relkind IN ('r', 'p') AND c.relnamespace = 'public'::regnamespace"
        ).fetchall()
    assert len(tables) > 20
    assert [t["relname"] for t in tables if not t["walled"]] == []


def test_a_tenant_sees_writes_and_changes_only_its_own_rows(database: Database) -> None:
    with database.admin() as conn:
        conn.execute("INSERT INTO tenants (tenant_id, name) VALUES ('other', 'Other')")
    with database.transaction("other") as conn:
        conn.execute(
            "INSERT INTO governance (tenant_id, key, value, updated_by)"
            " VALUES ('other', 'panic', 'true', 'them')"
        )
    with database.transaction("default") as conn:
        assert conn.execute("SELECT * FROM governance").fetchall() == []
        assert conn.execute("DELETE FROM governance").rowcount == 0
    with (
        pytest.raises(psycopg.errors.InsufficientPrivilege),
        database.transaction("default") as conn,
    ):
        conn.execute(
            "INSERT INTO governance (tenant_id, key, value, updated_by)"
            " VALUES ('other', 'x', 'true', 'us')"
        )


def test_a_connection_without_a_tenant_sees_nothing(database: Database) -> None:
    with database.admin() as conn:
        conn.execute("SET LOCAL ROLE cost_app")
        assert conn.execute("SELECT * FROM tenants").fetchall() == []


def test_partitions_cannot_be_read_around_the_wall(database: Database) -> None:
    with database.transaction("default") as conn:
        conn.execute("SELECT ensure_cost_events_partition('2026-11-24')")
    with (
        pytest.raises(psycopg.errors.InsufficientPrivilege),
        database.transaction("default") as conn,
    ):
        conn.execute("SELECT * FROM cost_events_2026_11")


def test_an_unreachable_server_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cost_pipeline.store.database._CONNECT_SECONDS", 0.3)
    with (
        Database("postgresql://app@127.0.0.1:1/cost") as db,
        pytest.raises(DatabaseUnavailableError, match=r"127\.0\.0\.1:1.*DATABASE_URL"),
        db.admin(),
    ):
        pass


def test_a_pool_recovers_when_the_server_was_killed_and_comes_back() -> None:
    folder = Path(tempfile.mkdtemp(prefix="cost-pg-"))
    folder.chmod(0o755)
    server = EmbeddedPostgres(folder, {"shared_buffers": "32MB"})
    with contextlib.ExitStack() as stack:
        stack.callback(shutil.rmtree, folder)
        url = stack.enter_context(server.running())
        db = stack.enter_context(Database(url))
        with db.admin() as conn:
            conn.execute("CREATE TABLE kept AS SELECT 1 AS one")
        os.kill(int((folder / "data" / "postmaster.pid").read_text().split()[0]), signal.SIGKILL)
        assert stack.enter_context(server.running()) == url
        with db.admin() as conn:
            assert conn.execute("SELECT one FROM kept").fetchall() == [{"one": 1}]


def test_a_plain_owner_is_told_what_it_lacks_and_needs_no_more(postgres_url: str) -> None:
    with psycopg.connect(postgres_url, autocommit=True) as conn:
        for statement in (
            "CREATE ROLE plain_owner LOGIN PASSWORD 'secret'",
            "CREATE DATABASE plainly_owned OWNER plain_owner",
        ):
            conn.execute(statement)
        where = postgres_url.rpartition("@")[2].rpartition("/")[0]
        with Database(f"postgresql://plain_owner:secret@{where}/plainly_owned") as db:
            with pytest.raises(DatabaseUnavailableError, match="GRANT cost_app TO"):
                db.migrate()
            conn.execute("DO $$ BEGIN CREATE ROLE cost_app; EXCEPTION WHEN OTHERS THEN END $$")
            conn.execute("GRANT cost_app TO plain_owner")
            db.migrate()
            with db.transaction("default") as mine:
                mine.execute("SELECT ensure_cost_events_partition('2026-03-01')")
                assert len(mine.execute("SELECT * FROM tenants").fetchall()) == 1
            assert [row["tenant_id"] for row in db.tenants()] == ["default"]


def test_a_database_that_is_not_of_utf_8_is_refused_in_words(postgres_url: str) -> None:
    with psycopg.connect(postgres_url, autocommit=True) as conn:
        conn.execute("CREATE DATABASE ascii ENCODING 'SQL_ASCII' LOCALE 'C' TEMPLATE template0")
    with (
        Database(f"{postgres_url.rpartition('/')[0]}/ascii") as database,
        pytest.raises(DatabaseUnavailableError, match=r"as SQL_ASCII.*ENCODING 'UTF8'"),
    ):
        database.migrate()
