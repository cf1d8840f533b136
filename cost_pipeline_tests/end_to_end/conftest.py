"""A trail in a folder, and runs over it as `cost-pipeline run` makes them."""

import os
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from dagster import (
    DagsterInstance,
    ExecuteInProcessResult,
    RunRequest,
    SensorResult,
    build_sensor_context,
    materialize,
)

from cost_pipeline.definitions import ASSETS
from cost_pipeline.orchestration import resources
from cost_pipeline.orchestration.faults import reason_of
from cost_pipeline.orchestration.resources import PostgresDatabase, TrailReader
from cost_pipeline.orchestration.run_range import RunSummary, run_range
from cost_pipeline.orchestration.sensors import trail_sensor
from cost_pipeline_tests.fixtures.trail import LogFolder

Runner = Callable[..., RunSummary]


@pytest.fixture(autouse=True)
def _own_settings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, database_url: str) -> None:
    """The settings name this test's database and home, and nothing outside."""
    for name in [name for name in os.environ if name.startswith(("AWS_", "SMTP_", "SLACK_"))]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("COST_PIPELINE_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("DATABASE_URL", database_url)
    monkeypatch.setenv("SWEEP_ENABLED", "false")
    resources.settings.cache_clear()


@pytest.fixture
def folder(tmp_path: Path) -> LogFolder:
    """An empty trail."""
    return LogFolder(tmp_path / "trail")


@pytest.fixture
def live_at() -> Iterator[Callable[[str], "Live"]]:
    """The sensor over a database, and the runs it asks for, made here."""
    with DagsterInstance.ephemeral() as instance:
        yield lambda url: Live(instance, url)


@pytest.fixture
def live(live_at: Callable[[str], "Live"], database_url: str) -> "Live":
    """The same over this test's database."""
    return live_at(database_url)


class Live:
    """Ticks the trail sensor and makes the runs that it asks for."""

    def __init__(self, instance: DagsterInstance, database_url: str) -> None:
        self.instance = instance
        self.resources = {
            "database": PostgresDatabase(url=database_url),
            "trails": TrailReader(),
        }
        self.cursor: str | None = None

    def tick(self) -> list[RunRequest]:
        """What the sensor asks for."""
        with build_sensor_context(
            instance=self.instance, cursor=self.cursor, resources=self.resources
        ) as context:
            result = trail_sensor(context)
        assert isinstance(result, SensorResult)
        self.cursor = result.cursor
        return list(result.run_requests or [])

    def follow(self) -> list[str]:
        """Makes the runs asked for; returns their days."""
        requests = self.tick()
        for request in requests:
            made = self.make(request)
            assert made.success, [reason_of(e) for e in made.all_events if e.is_step_failure]
        return [str(request.partition_key) for request in requests]

    def make(self, request: RunRequest) -> ExecuteInProcessResult:
        """Makes one run, of what the sensor targets."""
        targeted = trail_sensor.job.selection.resolve(ASSETS)  # type: ignore[union-attr]
        return materialize(
            [asset for asset in ASSETS if asset.key in targeted],
            instance=self.instance,
            partition_key=request.partition_key,
            run_config=request.run_config,
            tags=request.tags,
            resources=self.resources,
            raise_on_error=False,
        )


@pytest.fixture
def run(database_url: str, folder: LogFolder) -> Runner:
    """Runs every asset over the whole trail, or over the days given."""

    def over(since: date | None = None, until: date | None = None, **options: Any) -> RunSummary:
        options.setdefault("trail_url", str(folder.root))
        options.setdefault("tenant_id", "default")
        options.setdefault("listener", lambda step: None)
        return run_range(database_url, since=since, until=until, **options)

    return over
