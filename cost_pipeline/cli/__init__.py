"""The `cost-pipeline` command: one file for each group of commands."""

from cost_pipeline.cli.main import app

__all__ = ["app"]
