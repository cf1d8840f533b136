"""A home folder has one owner, and the next one ends what a killed one left."""

import json
import os
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from cost_pipeline.local.home import ProcessError, owning

_OWNER = """
import sys
from pathlib import Path
from cost_pipeline.local.home import owning
from cost_pipeline.local.processes import Processes, Program
home = Path(sys.argv[1])
program = Program("sleeper", (sys.executable, "-c", "import time; time.sleep(60)"))
with owning(home) as token, Processes(home, token, {}, home) as processes:
    processes.start_all([program])
    print("up", flush=True)
    processes.watch(print)
"""


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "a home"


def _lives(process: psutil.Process) -> bool:
    return process.is_running() and process.status() != psutil.STATUS_ZOMBIE


def test_one_owner_for_a_home(home: Path) -> None:
    with (
        owning(home),
        pytest.raises(ProcessError, match=f"already runs on .*process {os.getpid()}"),
        owning(home),
    ):
        pass
    with owning(home):
        pass


def test_what_a_killed_owner_left_is_ended(home: Path) -> None:
    owner = subprocess.Popen(
        [sys.executable, "-c", _OWNER, str(home)], stdout=subprocess.PIPE, text=True
    )
    assert owner.stdout is not None
    assert owner.stdout.readline() == "up\n"
    (orphan,) = psutil.Process(owner.pid).children()
    owner.kill()
    owner.wait()
    owner.stdout.close()
    assert _lives(orphan)
    with owning(home):
        assert not _lives(orphan)


def test_a_home_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with (
        pytest.raises(ProcessError, match="COST_PIPELINE_HOME to a folder"),
        owning(tmp_path / "file" / "home"),
    ):
        pass


def test_a_damaged_record_of_the_last_owner_is_no_hindrance(home: Path) -> None:
    home.mkdir()
    (home / "owner.json").write_text("{")
    with owning(home):
        assert json.loads((home / "owner.json").read_text())["pid"] == os.getpid()
