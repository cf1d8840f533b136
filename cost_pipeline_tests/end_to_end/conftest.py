"""A trail in a folder, and runs over it as `cost-pipeline run` makes them."""

import os
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from cost_pipeline.orchestration import resources
from cost_pipeline.orchestration.run_range import RunSummary, run_range
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
def run(database_url: str, folder: LogFolder) -> Runner:
    """Runs every asset over the whole trail, or over the days given."""

    def over(since: date | None = None, until: date | None = None, **options: Any) -> RunSummary:
        options.setdefault("trail_url", str(folder.root))
        options.setdefault("tenant_id", "default")
        options.setdefault("listener", lambda step: None)
        return run_range(database_url, since=since, until=until, **options)

    return over
