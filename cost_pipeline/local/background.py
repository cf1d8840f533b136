"""`up` without a terminal: started in the background, and stopped from elsewhere."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import psutil

from cost_pipeline.local.home import ProcessError, prepare_home

RUNNING = "dd0c/cost is running"
_START_SECONDS = 3600.0
_STOP_SECONDS = 60.0
_POLL_SECONDS = 0.3


def log_of(home: Path) -> Path:
    """Where a background `up` writes what it would have shown."""
    return home / "logs" / "up.log"


def start(home: Path, arguments: Sequence[str]) -> str:
    """Starts `cost-pipeline` with these arguments, and waits until it says that it runs.

    Returns:
        What it printed.

    Raises:
        ProcessError: it ended instead, or another one has the home folder.
    """
    prepare_home(home)
    log = log_of(home)
    with log.open("wb") as output:
        process = subprocess.Popen(  # noqa: S603 - ourselves
            [sys.executable, "-m", "cost_pipeline.cli", *arguments],
            env={**os.environ, "COLUMNS": "100", "COST_PIPELINE_HOME": str(home)},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    deadline = time.monotonic() + _START_SECONDS
    while RUNNING not in log.read_text(errors="replace"):
        if process.poll() is not None or time.monotonic() > deadline:
            raise ProcessError(log.read_text(errors="replace").strip()[-2000:])
        time.sleep(_POLL_SECONDS)
    return log.read_text(errors="replace").strip()


def stop(home: Path) -> bool:
    """Stops whoever runs on the home folder; returns whether somebody did.

    Raises:
        ProcessError: it does not end.
    """
    running = owner(home)
    if running is None:
        return False
    running.send_signal(signal.SIGTERM)
    try:
        running.wait(timeout=_STOP_SECONDS)
    except psutil.TimeoutExpired:
        raise ProcessError(
            f"process {running.pid} does not end. Its log is {log_of(home)}; "
            f"`kill -9 {running.pid}` ends it, and the next start cleans up behind it."
        ) from None
    return True


def owner(home: Path) -> psutil.Process | None:
    """The process that took the home folder, if it is alive and no stranger with its number."""
    record = home / "owner.json"
    try:
        pid = int(json.loads(record.read_text())["pid"])
        process = psutil.Process(pid)
        older = process.create_time() <= record.stat().st_mtime + 1
    except (OSError, ValueError, KeyError, TypeError, psutil.Error):
        return None
    return process if older else None
