"""Ports that are taken, and ports that somebody is about to take."""

import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from cost_pipeline.local import ports
from cost_pipeline.local.home import ProcessError
from cost_pipeline.local.ports import Ports, claimed_port

_CLAIM = """
import sys
from cost_pipeline.local.ports import claimed_port
with claimed_port(int(sys.argv[1])) as port:
    print(port, flush=True)
    sys.stdin.read()
"""


@contextmanager
def _listener() -> Iterator[int]:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        yield taken.getsockname()[1]


@contextmanager
def _another_process_claims(port: int) -> Iterator[int]:
    command = [sys.executable, "-c", _CLAIM, str(port)]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as other:
        assert other.stdout is not None
        yield int(other.stdout.readline())
        other.kill()


def test_a_taken_port_is_passed_over() -> None:
    with _listener() as taken, claimed_port(taken) as port:
        assert port > taken


def test_with_no_port_free_it_says_between_which(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ports, "_TRIES", 1)
    with (
        _listener() as taken,
        pytest.raises(ProcessError, match=f"no free port between {taken}"),
        claimed_port(taken),
    ):
        pass


def test_ports_that_are_taken_are_named() -> None:
    with _listener() as wanted, Ports.claimed(wanted, 24_000, 24_500) as found:
        assert found.app != wanted
        assert f"port {wanted} is taken, so the app is on {found.app}" in found.moved
        assert found.app_url == f"http://localhost:{found.app}"
        assert len({found.app, found.dagster, found.code, found.api}) == 4


def test_no_two_of_them_ever_get_the_same_port() -> None:
    with Ports.claimed(25_000, 25_000, 25_000) as found:
        assert len({found.app, found.dagster, found.api, found.code}) == 4


def test_two_that_start_in_the_same_minute_get_different_ports() -> None:
    with _another_process_claims(26_000) as theirs, claimed_port(theirs) as ours:
        assert ours > theirs


def test_a_killed_owner_leaves_its_ports_free() -> None:
    with _another_process_claims(27_000) as theirs:
        pass
    with claimed_port(theirs) as ours:
        assert ours == theirs
