"""A trail in a folder that is registered, and what Dagster hands to a sensor."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from dagster import DagsterInstance

from cost_pipeline.orchestration import resources
from cost_pipeline.orchestration.resources import PostgresDatabase
from cost_pipeline.store import objects
from cost_pipeline.store.database import Database
from cost_pipeline_tests.fixtures.trail import LogFolder


@pytest.fixture
def instance() -> Iterator[DagsterInstance]:
    """A Dagster that is forgotten after the test."""
    with DagsterInstance.ephemeral() as one:
        yield one


@pytest.fixture
def settings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, database_url: str) -> None:
    """The settings name this test's database and home, and nothing outside."""
    for name in [name for name in os.environ if name.startswith(("AWS_", "SMTP_", "SLACK_"))]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("COST_PIPELINE_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("DATABASE_URL", database_url)
    resources.settings.cache_clear()


@pytest.fixture
def database_resource(settings: None) -> Iterator[PostgresDatabase]:
    """Postgres as assets and sensors get it."""
    resource = PostgresDatabase()
    yield resource
    resource.close()


@pytest.fixture
def folder(tmp_path: Path, database: Database) -> LogFolder:
    """An empty trail of the default tenant."""
    found = LogFolder(tmp_path / "trail")
    found.root.mkdir()
    with database.transaction("default") as conn:
        objects.ensure_trail(conn, tenant_id="default", url=str(found.root))
    return found
