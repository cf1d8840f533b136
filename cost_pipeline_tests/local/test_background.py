"""`up` without a terminal: started, seen running, stopped from elsewhere."""

import json
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from cost_pipeline.local import background
from cost_pipeline.local.home import ProcessError, owning

_COMMAND = Path(sys.executable).with_name("cost-pipeline")
_OWNER = """
import sys, time
from pathlib import Path
from cost_pipeline.local.home import owning
from cost_pipeline.local.processes import interruptible
with interruptible(), owning(Path(sys.argv[1])):
    print("up", flush=True)
    time.sleep(60)
"""


@pytest.fixture
def home() -> Iterator[Path]:
    """A home with a space in its path, that Postgres's own user may enter when root tests."""
    with tempfile.TemporaryDirectory(prefix="cost up ") as folder:
        Path(folder).chmod(0o755)
        yield Path(folder) / "home"


def test_nobody_is_stopped_where_nothing_runs(home: Path) -> None:
    assert not background.stop(home)


def test_the_owner_of_the_home_is_stopped_and_no_other(home: Path) -> None:
    owner = subprocess.Popen(
        [sys.executable, "-c", _OWNER, str(home)], stdout=subprocess.PIPE, text=True
    )
    with owner:
        assert owner.stdout is not None
        assert owner.stdout.readline() == "up\n"
        assert background.stop(home)
        owner.stdout.close()
    assert not background.stop(home)


def test_a_stranger_that_got_the_number_is_left_alone(home: Path) -> None:
    with owning(home), subprocess.Popen(["/bin/sleep", "60"]) as stranger:
        record = home / "owner.json"
        record.write_text(json.dumps({"pid": stranger.pid, "token": "x"}))
        os.utime(record, (1, 1))
        assert not background.stop(home)
        assert stranger.poll() is None
        stranger.kill()


def test_what_cannot_start_says_why(home: Path) -> None:
    with pytest.raises(ProcessError, match="No such option: --nonsense"):
        background.start(home, ["up", "--nonsense"])


@pytest.mark.soak
def test_up_in_the_background_and_down(home: Path, tmp_path: Path) -> None:
    environment = {name: value for name, value in os.environ.items() if name != "DATABASE_URL"}
    environment |= {"COST_PIPELINE_HOME": str(home), "SWEEP_ENABLED": "false"}
    (tmp_path / "AWSLogs" / "111122223333" / "CloudTrail" / "eu-west-1").mkdir(parents=True)
    up = [_COMMAND, "up", "--trail", tmp_path, "--detach", "--app-port", "28501"]
    done = subprocess.run(up, env=environment, capture_output=True, text=True, timeout=180)
    assert done.returncode == 0, done.stderr
    (app,) = re.findall(r"App +(http://\S+)", done.stdout)
    assert requests.get(app, timeout=10).status_code == 200
    done = subprocess.run([_COMMAND, "down"], env=environment, capture_output=True, text=True)
    assert "Stopped." in done.stderr
    with pytest.raises(requests.ConnectionError):
        requests.get(app, timeout=2)
