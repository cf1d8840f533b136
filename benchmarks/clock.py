"""How long something takes, and how much CPU."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import psutil


class Clock:
    """Seconds that pass, and CPU seconds of this process and of the embedded Postgres in a folder.

    Args:
        home: the folder; none for a Postgres elsewhere, whose CPU time nobody knows.
    """

    def __init__(self, home: Path | None) -> None:
        self._servers = [
            process
            for process in psutil.process_iter(["cmdline"])
            if home and str(home / "data") in (process.info["cmdline"] or ())
        ]

    def time(self, work: Callable[[], object]) -> tuple[float, float]:
        """How long it takes, and how much CPU."""
        started, used = time.perf_counter(), self._used()
        work()
        return time.perf_counter() - started, self._used() - used

    def _used(self) -> float:
        processes = [one for server in self._servers for one in (server, *server.children())]
        return time.process_time() + sum(sum(one.cpu_times()[:2]) for one in processes)
