"""The settings of one test, apart from whatever the environment says."""

import os
from pathlib import Path

import pytest

from cost_pipeline.orchestration import resources


@pytest.fixture
def settings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, database_url: str) -> None:
    """The settings name this test's database and home, and nothing outside."""
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("COST_PIPELINE_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("DATABASE_URL", database_url)
    resources.settings.cache_clear()
