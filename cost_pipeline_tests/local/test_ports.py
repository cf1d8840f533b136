"""Ports that are taken, and ports that somebody is about to take."""

import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from cost_pipeline.local.home import ProcessError
from cost_pipeline.local.ports import Ports, claimed_port, free_port

_CLAIM = """
import sys
from cost_pipeline.local.ports import claimed_port
with claimed_port(int(sys.argv[1])) as port:
    print(port, flush=True)
    sys.stdin.read()
"""


@contextmanager
def _listener(near: int) -> Iterator[int]:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", free_port(near)))
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
    with _listener(22_000) as port:
        assert free_port(port) > port
        with pytest.raises(ProcessError, match=f"no free port between {port}"):
            free_port(port, tries=1)


def test_ports_that_are_taken_are_named() -> None:
    with _listener(23_000) as wanted, Ports.claimed(wanted, 24_000, 24_500) as ports:
        assert ports.app != wanted
        assert f"port {wanted} is taken, so the app is on {ports.app}" in ports.moved
        assert ports.app_url == f"http://localhost:{ports.app}"
        assert len({ports.app, ports.dagster, ports.code, ports.api}) == 4


def test_no_two_of_them_ever_get_the_same_port() -> None:
    with Ports.claimed(25_000, 25_000, 25_000) as ports:
        assert len({ports.app, ports.dagster, ports.api, ports.code}) == 4


def test_two_that_start_in_the_same_minute_get_different_ports() -> None:
    with _another_process_claims(26_000) as theirs, claimed_port(theirs) as ours:
        assert ours > theirs


def test_a_killed_owner_leaves_its_ports_free() -> None:
    with _another_process_claims(27_000) as theirs:
        pass
    with claimed_port(theirs) as ours:
        assert ours == theirs
