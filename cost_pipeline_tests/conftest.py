"""What every test may use: a real Postgres for the session, a fresh database for the test."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import psycopg
import pytest

from cost_pipeline.local.postgres import EmbeddedPostgres
from cost_pipeline.store.database import Database

os.environ.setdefault("PRICE_REFRESH", "false")  # no test fetches from AWS
_TEMPLATE = "migrated_template"
_numbers = count()


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """URL of a server that lives as long as the session (one for each xdist worker).

    The folder is outside pytest's own, which only root may enter when root runs the tests.
    """
    folder = Path(tempfile.mkdtemp(prefix="cost-pg-"))
    folder.chmod(0o755)
    settings = {"fsync": "off", "full_page_writes": "off", "shared_buffers": "64MB"}
    try:
        with EmbeddedPostgres(folder, settings).running() as url:
            yield url
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def _template(postgres_url: str) -> str:
    with psycopg.connect(postgres_url, autocommit=True) as conn:
        conn.execute(f"CREATE DATABASE {_TEMPLATE}")
    with Database(f"{postgres_url.rpartition('/')[0]}/{_TEMPLATE}") as db:
        db.migrate()
    return _TEMPLATE


@pytest.fixture
def database_url(postgres_url: str, _template: str) -> Iterator[str]:
    """URL of a fresh, migrated database."""
    name = f"test_{os.getpid()}_{next(_numbers)}"
    with psycopg.connect(postgres_url, autocommit=True) as conn:
        conn.execute(f"CREATE DATABASE {name} TEMPLATE {_template}")
        yield f"{postgres_url.rpartition('/')[0]}/{name}"
        conn.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """A fresh, migrated database that knows the tenant `default`."""
    with Database(database_url) as db:
        yield db
