"""The demo as people start it: real processes, a live anomaly, a kill, a second start, Ctrl-C."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest
import requests

from cost_pipeline.local.home import TOKEN

pytestmark = pytest.mark.soak
_COMMAND = Path(sys.executable).with_name("cost-pipeline")


@pytest.fixture
def home() -> Iterator[Path]:
    """A home with a space in its path, that Postgres's own user may enter when root tests."""
    parent = Path(tempfile.mkdtemp(prefix="cost demo "))
    parent.chmod(0o755)
    yield parent / "a home"
    shutil.rmtree(parent, ignore_errors=True)


@contextmanager
def _demo(home: Path) -> Iterator["Demo"]:
    said = home.parent / "said"
    environment = {name: value for name, value in os.environ.items() if name != "DATABASE_URL"}
    with said.open("wb") as output:
        process = subprocess.Popen(
            [str(_COMMAND), "demo", "--app-port", "18501", "--dagster-port", "13000"],
            env=environment | {"COST_PIPELINE_HOME": str(home), "COLUMNS": "200"},
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    demo = Demo(process, said, home)
    try:
        yield demo
    finally:
        process.kill()
        process.wait()


class Demo:
    """A demo that has been started."""

    def __init__(self, process: subprocess.Popen[bytes], said: Path, home: Path) -> None:
        self.process, self.said, self.home = process, said, home

    def wait(self, seconds: float) -> str:
        """What it printed, once it says that it runs."""
        self.until(lambda: "is running" in self.said.read_text(), seconds)
        return self.said.read_text()

    def until(self, done: Callable[[], bool], seconds: float) -> None:
        """Waits until something is so."""
        deadline = time.monotonic() + seconds
        while not done():
            assert self.process.poll() is None, self.said.read_text()
            assert time.monotonic() < deadline, self.said.read_text()
            time.sleep(0.5)

    def stop(self) -> None:
        """Ctrl-C."""
        self.process.send_signal(signal.SIGINT)
        assert self.process.wait(timeout=40) == 0

    def token(self) -> str:
        """What marks its processes."""
        return str(json.loads((self.home / "owner.json").read_text())["token"])

    def anomalies(self) -> list[dict[str, str]]:
        """What `export` tells of it while it runs."""
        done = subprocess.run(
            [str(_COMMAND), "export", "anomalies"],
            env=os.environ | {"COST_PIPELINE_HOME": str(self.home)},
            capture_output=True,
            check=True,
        )
        return [json.loads(line) for line in done.stdout.splitlines()]


def _marked(token: str) -> list[int]:
    def carries(process: psutil.Process) -> bool:
        try:
            return bool(process.environ().get(TOKEN) == token)
        except psutil.Error:
            return False

    return [process.pid for process in psutil.process_iter() if carries(process)]


def _status(address: str) -> int:
    return requests.get(address, timeout=10).status_code


def test_from_nothing_to_a_live_anomaly_and_back(home: Path) -> None:
    started = time.monotonic()
    with _demo(home) as demo:
        said = demo.wait(170)
        app, dagster, api = re.findall(r"http://localhost:\d+", said)
        answers = (_status(app), _status(f"{dagster}/server_info"), _status(f"{api}/healthz"))
        assert answers == (200, 200, 200)
        history = len(demo.anomalies())
        assert history >= 6
        assert time.monotonic() - started < 180
        demo.until(lambda: len(demo.anomalies()) > history, 150)
        token = demo.token()
        assert _marked(token)
        demo.process.kill()
        demo.process.wait()
    with _demo(home) as demo:
        again = demo.wait(60)
        assert _marked(token) == []
        assert re.findall(r"admin@example.com +\S+", again) == re.findall(
            r"admin@example.com +\S+", said
        )
        assert len(demo.anomalies()) > history
        token = demo.token()
        demo.stop()
        assert _marked(token) == []
        assert "Stopped." in demo.said.read_text()


def test_ctrl_c_in_the_middle_of_reading_history(home: Path) -> None:
    with _demo(home) as demo:
        demo.until(lambda: "cost_events" in demo.said.read_text(), 120)
        demo.stop()
        assert "is running" not in demo.said.read_text()
    with _demo(home) as demo:
        demo.wait(170)
        assert len(demo.anomalies()) >= 6
        demo.stop()
