"""Processes of one owner: starts them in groups, waits until they answer, stops all of them."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from cost_pipeline.local.home import STOP_SECONDS, TOKEN, ProcessError, end_marked

_MOST_RESTARTS = 5
_RESTART_WINDOW_SECONDS = 300.0
_LARGEST_LOG_BYTES = 20_000_000


@dataclass(frozen=True, slots=True)
class Program:
    """A program to keep running.

    Args:
        name: what it is called in messages, and its log file.
        command: the program and its arguments.
        port: it answers once this TCP port of 127.0.0.1 accepts connections.
        health_path: it answers once this path of the port gives 200.
    """

    name: str
    command: tuple[str, ...]
    port: int | None = None
    health_path: str | None = None
    start_seconds: float = 120.0


@dataclass(slots=True)
class _Running:
    program: Program
    process: subprocess.Popen[bytes]
    starts: list[float] = field(default_factory=list)


class Processes:
    """A context at whose end all processes started in it have ended.

    Args:
        home: the folder of all state; logs go under `logs/`.
        token: marks every process as its owner's.
        environment: what the processes see beside the token.
        folder: where they are started.
    """

    def __init__(
        self, home: Path, token: str, environment: Mapping[str, str], folder: Path
    ) -> None:
        self._home = home
        self._folder = folder
        self._token = token
        self._environment = {**environment, TOKEN: token}
        self._running: list[_Running] = []

    def __enter__(self) -> Processes:
        """Nothing runs yet."""
        return self

    def __exit__(self, *_: object) -> None:
        """Ends all of them."""
        self.stop()

    def start(self, program: Program) -> None:
        """Starts a program and waits until it answers.

        Raises:
            ProcessError: it ended, or did not answer in time.
        """
        running = _Running(program, self._spawn(program), [time.monotonic()])
        self._running.append(running)
        self._wait_until_it_answers(running)

    def start_all(self, programs: Sequence[Program]) -> None:
        """Starts programs together, then waits until all of them answer.

        Raises:
            ProcessError: one ended, or did not answer in time.
        """
        started = [
            _Running(program, self._spawn(program), [time.monotonic()]) for program in programs
        ]
        self._running.extend(started)
        for running in started:
            self._wait_until_it_answers(running)

    def _spawn(self, program: Program) -> subprocess.Popen[bytes]:
        log = self.log_of(program)
        if log.exists() and log.stat().st_size > _LARGEST_LOG_BYTES:
            log.replace(log.with_suffix(".old.log"))
        with log.open("ab") as output:
            return subprocess.Popen(  # noqa: S603 - our own programs, no shell
                program.command,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                env={**os.environ, **self._environment},
                cwd=self._folder,
                start_new_session=True,
            )

    def log_of(self, program: Program) -> Path:
        """Where a program's output goes."""
        return self._home / "logs" / f"{program.name}.log"

    def _wait_until_it_answers(self, running: _Running) -> None:
        program = running.program
        deadline = time.monotonic() + program.start_seconds
        while not _answers(program):
            code = running.process.poll()
            if code is not None:
                raise ProcessError(self._story(program, f"ended with code {code}"))
            if time.monotonic() > deadline:
                raise ProcessError(
                    self._story(program, f"did not answer within {program.start_seconds:.0f} s")
                )
            time.sleep(0.2)

    def _story(self, program: Program, what: str) -> str:
        log = self.log_of(program)
        tail = log.read_text(errors="replace")[-1500:].strip()
        return f"{program.name} {what}. Its log is {log}; it ends with:\n{tail}"

    def watch(
        self,
        changed: Callable[[str], None],
        *,
        poll_seconds: float = 0.5,
        tend: Callable[[], None] = lambda: None,
    ) -> None:
        """Keeps the programs running until an exception, such as Ctrl-C, ends it.

        Args:
            changed: told, in a sentence, of each restart.
            poll_seconds: how often to look.
            tend: called each time, before the programs are looked at.

        Raises:
            ProcessError: one of them keeps ending.
        """
        while True:
            tend()
            for running in self._running:
                code = running.process.poll()
                if code is not None:
                    changed(f"{running.program.name} ended with code {code}; starting it again")
                    self._restart(running)
            time.sleep(poll_seconds)

    def _restart(self, running: _Running) -> None:
        now = time.monotonic()
        running.starts = [t for t in running.starts if now - t < _RESTART_WINDOW_SECONDS]
        if len(running.starts) >= _MOST_RESTARTS:
            raise ProcessError(self._story(running.program, "keeps ending"))
        _end_group(running.process.pid)
        time.sleep(min(5.0, 0.2 * 2 ** len(running.starts)))
        running.process = self._spawn(running.program)
        running.starts.append(now)

    def stop(self) -> None:
        """Ends every process of every group: politely first, then by force."""
        groups = [running.process.pid for running in self._running]
        for group in groups:
            _signal_group(group, signal.SIGTERM)
        deadline = time.monotonic() + STOP_SECONDS
        while time.monotonic() < deadline and any(self._reap_and_look(r) for r in self._running):
            time.sleep(0.05)
        for group in groups:
            _signal_group(group, signal.SIGKILL)
        for running in self._running:
            running.process.wait()
        self._running.clear()
        end_marked(self._token)

    def _reap_and_look(self, running: _Running) -> bool:
        running.process.poll()
        return _signal_group(running.process.pid, 0)


def _answers(program: Program) -> bool:
    if program.port is None:
        return True
    if program.health_path is None:
        with socket.socket() as probe:
            probe.settimeout(1.0)
            return probe.connect_ex(("127.0.0.1", program.port)) == 0
    url = f"http://127.0.0.1:{program.port}{program.health_path}"
    try:
        with urllib.request.urlopen(url, timeout=2.0) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False


def _signal_group(group: int, number: int) -> bool:
    """Whether the group still had a process to signal."""
    try:
        os.killpg(group, number)
    except (ProcessLookupError, PermissionError):
        return False
    return True


def _end_group(group: int) -> None:
    _signal_group(group, signal.SIGKILL)


@contextmanager
def interruptible() -> Iterator[None]:
    """SIGTERM and SIGHUP end the block as Ctrl-C does; a second one does not cut the ending."""
    seen = False

    def interrupt(_number: int, _frame: object) -> None:
        nonlocal seen
        if not seen:
            seen = True
            raise KeyboardInterrupt

    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    before = {number: signal.signal(number, interrupt) for number in numbers}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
