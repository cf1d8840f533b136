"""The embedded server: shared, restarted, and clear about what stops it."""

import os
import shutil
import signal
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from cost_pipeline.local.postgres import EmbeddedPostgres, PostgresError


@pytest.fixture
def folder() -> Iterator[Path]:
    root = Path(tempfile.mkdtemp(prefix="cost pg "))
    root.chmod(0o755)
    yield root / "with a space"
    shutil.rmtree(root)


def _value(url: str, query: str) -> object:
    with psycopg.connect(url) as conn:
        row = conn.execute(query).fetchone()
        return row[0] if row else None


def test_the_data_outlives_the_server_and_a_kill(folder: Path) -> None:
    server = EmbeddedPostgres(folder)
    with server.running() as url, psycopg.connect(url) as conn:
        conn.execute("CREATE TABLE kept AS SELECT 42 AS answer")
    with server.running():
        pid = int((folder / "data" / "postmaster.pid").read_text().split()[0])
        os.kill(pid, signal.SIGKILL)
    with server.running() as url:
        assert _value(url, "SELECT answer FROM kept") == 42


def test_a_killed_server_is_revived_where_it_was(folder: Path) -> None:
    server = EmbeddedPostgres(folder)
    with server.running() as url:
        assert not server.revive()
        os.kill(int((folder / "data" / "postmaster.pid").read_text().split()[0]), signal.SIGKILL)
        while not server.revive():
            time.sleep(0.05)
        assert server.url == url
        assert _value(url, "SELECT 1") == 1


def test_the_last_user_stops_the_server(folder: Path) -> None:
    with EmbeddedPostgres(folder).running() as first:
        with EmbeddedPostgres(folder).running() as second:
            assert first == second
        assert _value(first, "SELECT 1") == 1
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(first, connect_timeout=2)


def test_the_password_is_secret(folder: Path) -> None:
    with EmbeddedPostgres(folder).running() as url:
        assert (folder / "password").stat().st_mode & 0o077 == 0
        with pytest.raises(psycopg.OperationalError, match="password"):
            psycopg.connect(url, password="wrong")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root hands Postgres to another user")
def test_a_folder_that_postgres_may_not_enter_is_explained(folder: Path) -> None:
    folder.mkdir(mode=0o700)
    with (
        pytest.raises(PostgresError, match="COST_PIPELINE_HOME"),
        EmbeddedPostgres(folder / "home").running(),
    ):
        pass


def test_a_folder_that_cannot_be_made_is_explained(folder: Path) -> None:
    folder.write_text("a file")
    with (
        pytest.raises(PostgresError, match="COST_PIPELINE_HOME"),
        EmbeddedPostgres(folder / "home").running(),
    ):
        pass
