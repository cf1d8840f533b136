"""The benchmark by the real product: files in a folder, `cost-pipeline run`, and its export."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from cost_pipeline.simulate.company import Company
from cost_pipeline.simulate.delivery import write_company

COMMAND = Path(sys.executable).with_name("cost-pipeline")


def export(company: Company) -> list[dict[str, Any]]:
    """Writes the company's trail, reads it with the product in a home of its own, and exports.

    Takes the embedded Postgres, in a temporary folder; some minutes for 45 days of 7 accounts.
    """
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        root, home = Path(folder, "trail"), Path(folder, "home")
        Path(folder).chmod(0o755)
        home.mkdir()
        report = write_company(root, company)
        print(f"{report.files} files, {report.records} records", file=sys.stderr)
        environment = {k: v for k, v in os.environ.items() if k != "DATABASE_URL"}
        environment["COST_PIPELINE_HOME"] = str(home)
        _run(["run", "--trail", str(root)], environment)
        lines = _run(["export", "anomalies", "--format", "jsonl"], environment)
        return [json.loads(line) for line in lines.splitlines()]


def _run(arguments: list[str], environment: dict[str, str]) -> str:
    done = subprocess.run(  # noqa: S603 - our own command
        [str(COMMAND), *arguments], env=environment, stdout=subprocess.PIPE, text=True, check=False
    )
    if done.returncode:
        raise SystemExit(f"cost-pipeline {arguments[0]} ended with {done.returncode}: see above")
    return done.stdout
