"""The command as people run it, on a database of its own."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result
from typer.testing import CliRunner

from cost_pipeline.cli import app, main
from cost_pipeline.orchestration import resources

Cli = Callable[..., Result]


@pytest.fixture
def cli(database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Cli:
    """Runs `cost-pipeline` with some arguments."""
    for name in [name for name in os.environ if name.startswith(("AWS_", "SMTP_", "SLACK_"))]:
        monkeypatch.delenv(name)
    for name, value in {
        "DATABASE_URL": database_url,
        "COST_PIPELINE_HOME": str(tmp_path / "home"),
        "SWEEP_ENABLED": "false",
    }.items():
        monkeypatch.setenv(name, value)
    for console in (main.out, main.err):
        monkeypatch.setattr(console, "width", 200)
    resources.settings.cache_clear()

    def run(*arguments: str, **environment: str) -> Result:
        return CliRunner().invoke(app, list(arguments), env=environment)

    return run
