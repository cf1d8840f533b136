"""Processes that start, answer, fall over and are ended, with whatever they started themselves."""

import os
import signal
import socket
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest

from cost_pipeline.local.home import ProcessError, owning
from cost_pipeline.local.processes import Processes, Program, interruptible
from cost_pipeline_tests.fixtures.ports import free_port

_SLEEP = "import time; time.sleep(60)"
_WITH_CHILD = f"""
import subprocess, sys
child = subprocess.Popen([sys.executable, "-c", "{_SLEEP}"])
open(sys.argv[1], "w").write(str(child.pid))
child.wait()
"""
_STUBBORN = """
import signal, sys, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
open(sys.argv[1], "w").write("ready")
time.sleep(60)
"""


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "a home"


def _program(code: str, *arguments: str, name: str = "program", **options: object) -> Program:
    return Program(name, (sys.executable, "-c", code, *arguments), **options)  # type: ignore[arg-type]


@contextmanager
def _running(home: Path, **environment: str) -> Iterator[Processes]:
    with owning(home) as token, Processes(home, token, environment, home) as processes:
        yield processes


def _written(path: Path) -> str:
    deadline = time.monotonic() + 90
    while time.monotonic() < deadline:
        if path.exists() and (text := path.read_text()):
            return text
        time.sleep(0.02)
    raise AssertionError(f"{path} was not written")


def _alive(pid: int) -> bool:
    try:
        return bool(psutil.Process(pid).status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


def test_waits_until_a_web_server_answers_and_ends_it(home: Path) -> None:
    port = free_port()
    serve = (sys.executable, "-m", "http.server", str(port), "--bind", "127.0.0.1")
    with _running(home) as processes:
        processes.start_all([Program("web", serve, port, "/")])
        assert socket.create_connection(("127.0.0.1", port)).close() is None
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port))
    assert "GET / " in (home / "logs" / "web.log").read_text()


def test_children_of_a_program_end_with_it(home: Path, tmp_path: Path) -> None:
    with _running(home) as processes:
        processes.start_all([_program(_WITH_CHILD, str(tmp_path / "pid"))])
        child = int(_written(tmp_path / "pid"))
        assert _alive(child)
    assert not _alive(child)


def test_a_program_that_ignores_sigterm_is_killed(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cost_pipeline.local.processes.STOP_SECONDS", 0.3)
    with _running(home) as processes:
        processes.start_all([_program(_STUBBORN, str(tmp_path / "ready"))])
        _written(tmp_path / "ready")
        started = time.monotonic()
    assert time.monotonic() - started < 10


def test_a_program_that_fails_at_once_says_why(home: Path) -> None:
    failing = _program("raise SystemExit('no such setting')", port=1)
    with (
        pytest.raises(ProcessError, match=r"(?s)program ended with code 1.*no such setting"),
        _running(home) as processes,
    ):
        processes.start_all([failing])


def test_a_program_that_never_answers(home: Path) -> None:
    mute = _program(_SLEEP, port=free_port(), start_seconds=0.3)
    with pytest.raises(ProcessError, match="did not answer within"), _running(home) as processes:
        processes.start_all([mute])


def test_programs_see_their_environment(home: Path, tmp_path: Path) -> None:
    code = "import os, sys; open(sys.argv[1], 'w').write(os.environ['NAME'])"
    with _running(home, NAME="of the home") as processes:
        processes.start_all([_program(code, str(tmp_path / "said"))])
        assert _written(tmp_path / "said") == "of the home"


def test_what_ends_is_started_again_until_it_keeps_ending(home: Path) -> None:
    told: list[str] = []
    with _running(home) as processes:
        processes.start_all([_program("raise SystemExit(3)")])
        with pytest.raises(ProcessError, match="keeps ending"):
            processes.watch(told.append, poll_seconds=0.02)
    assert told[0] == "program ended with code 3; starting it again"
    assert len(told) == 5


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_the_block_once(number: signal.Signals) -> None:
    def twice() -> None:
        for _ in range(2):
            time.sleep(0.05)
            os.kill(os.getpid(), number)

    ended = []

    @interruptible()
    def block() -> None:
        threading.Thread(target=twice).start()
        try:
            time.sleep(10)
        finally:
            time.sleep(0.3)
            ended.append(True)

    with pytest.raises(KeyboardInterrupt):
        block()
    assert ended == [True]
