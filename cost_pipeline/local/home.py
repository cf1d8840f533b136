"""The home folder's one owner.

Every process that an owner starts carries its token in the environment, so that what a killed
owner left behind is found and ended by the next one.
"""

from __future__ import annotations

import fcntl
import json
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil

TOKEN = "DD0C_COST_OWNER"  # noqa: S105 - the name of a variable
STOP_SECONDS = 12.0
"""How long a process is given to end by itself."""


class ProcessError(Exception):
    """A process cannot run; the message says which, why, and where its log is."""


@contextmanager
def owning(home: Path) -> Iterator[str]:
    """Takes the home folder, and ends what a killed owner left; yields the owner's token.

    Raises:
        ProcessError: another owner has it, or it cannot be written to.
    """
    prepare_home(home)
    record = home / "owner.json"
    with (home / "owner.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise ProcessError(
                f"it already runs on {home} (process {_recorded(record, 'pid')}). Stop that one "
                "first, or give this one another COST_PIPELINE_HOME."
            ) from None
        left_by = _recorded(record, "token")
        if left_by is not None:
            end_marked(str(left_by))
        token = secrets.token_hex(16)
        record.write_text(json.dumps({"pid": os.getpid(), "token": token}))
        try:
            yield token
        finally:
            record.unlink(missing_ok=True)


def _recorded(record: Path, name: str) -> object:
    try:
        return json.loads(record.read_text())[name]
    except (OSError, ValueError, KeyError, TypeError):
        return None


def prepare_home(home: Path) -> None:
    """Makes the home folder and proves that it can be written to.

    Raises:
        ProcessError: it cannot; the message says how to mend it.
    """
    try:
        (home / "logs").mkdir(parents=True, exist_ok=True)
        probe = home / ".writable"
        probe.write_text("")
        probe.unlink()
    except OSError as error:
        raise ProcessError(
            f"the home folder {home} cannot be written to ({error.strerror}). Set "
            "COST_PIPELINE_HOME to a folder that you may write to."
        ) from error


def end_marked(token: str) -> None:
    """Ends every process that carries a token in its environment."""
    found = [process for process in psutil.process_iter() if _carries(process, token)]
    for process in found:
        with suppress(psutil.Error):
            process.terminate()
    stubborn = psutil.wait_procs(found, timeout=STOP_SECONDS)[1]
    for process in stubborn:
        with suppress(psutil.Error):
            process.kill()
    psutil.wait_procs(stubborn, timeout=STOP_SECONDS)


def _carries(process: psutil.Process, token: str) -> bool:
    try:
        return bool(process.pid != os.getpid() and process.environ().get(TOKEN) == token)
    except (psutil.Error, OSError):
        return False
