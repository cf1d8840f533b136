"""How long something takes, and how much CPU."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
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

    @contextmanager
    def one_core(self) -> Iterator[None]:
        """Ties this thread, those it begins, and the Postgres to one core for a while."""
        all_cores = os.sched_getaffinity(0)
        self._tie({min(all_cores)})
        try:
            yield
        finally:
            self._tie(all_cores)

    def _tie(self, cores: set[int]) -> None:
        for process in (0, *(one.pid for one in self._processes())):
            os.sched_setaffinity(process, cores)

    def _used(self) -> float:
        servers = sum(sum(one.cpu_times()[:2]) for one in self._processes())
        return time.process_time() + servers

    def _processes(self) -> list[psutil.Process]:
        return [one for server in self._servers for one in (server, *server.children())]
