"""Ports to listen on: the wanted one, or the next that nobody has or is about to take."""

from __future__ import annotations

import fcntl
import os
import socket
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from cost_pipeline.local.home import ProcessError

_TRIES = 50


@contextmanager
def claimed_port(preferred: int) -> Iterator[int]:
    """`preferred`, or the next port that nobody listens on, held until the block ends.

    Between finding a port and the moment its program listens there lies a backfill, and others
    may start meanwhile: the claim is a locked file, which the system lets go of when its owner
    dies.

    Raises:
        ProcessError: none of the next ports is free.
    """
    with ExitStack() as claim:
        for port in range(preferred, preferred + _TRIES):
            if _nobody_listens(port) and _lock(claim, port):
                yield port
                return
    raise _none_free(preferred)


@dataclass(frozen=True, slots=True)
class Ports:
    """The ports that people and programs open, and the one of Dagster's code server.

    `moved` says, in sentences, which of them were taken.
    """

    app: int
    dagster: int
    code: int
    api: int = 8700
    moved: tuple[str, ...] = ()

    @classmethod
    @contextmanager
    def claimed(cls, app: int, dagster: int, api: int = 8700) -> Iterator[Ports]:
        """The wanted ports, or the next free ones, held until the block ends.

        Raises:
            ProcessError: there is none.
        """
        with ExitStack() as claims:
            found_app = claims.enter_context(claimed_port(app))
            found_dagster = claims.enter_context(claimed_port(dagster))
            found_api = claims.enter_context(claimed_port(api))
            highest = max(found_app, found_dagster, found_api, 4000)
            code = claims.enter_context(claimed_port(highest + 1))
            moved = tuple(
                f"port {wanted} is taken, so {name} is on {found}"
                for name, wanted, found in (
                    ("the app", app, found_app),
                    ("Dagster", dagster, found_dagster),
                    ("the API", api, found_api),
                )
                if wanted != found
            )
            yield cls(found_app, found_dagster, code, found_api, moved)

    @property
    def app_url(self) -> str:
        """Address of the app."""
        return f"http://localhost:{self.app}"

    @property
    def dagster_url(self) -> str:
        """Address of Dagster."""
        return f"http://localhost:{self.dagster}"

    @property
    def api_url(self) -> str:
        """Address of the HTTP API."""
        return f"http://localhost:{self.api}"


def _lock(claim: ExitStack, port: int) -> bool:
    """Whether this process now holds the port's file; a second claim of its own fails too."""
    folder = Path(tempfile.gettempdir()) / f"dd0c-cost-ports-{os.geteuid()}"
    folder.mkdir(mode=0o700, exist_ok=True)
    file = (folder / str(port)).open("w")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        file.close()
        return False
    claim.callback(file.close)
    return True


def _nobody_listens(port: int) -> bool:
    with socket.socket() as probe, suppress(OSError):
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind(("127.0.0.1", port))
        return True
    return False


def _none_free(preferred: int) -> ProcessError:
    last = preferred + _TRIES - 1
    return ProcessError(
        f"no free port between {preferred} and {last}. Stop what listens there, or name others "
        "with --app-port, --dagster-port and --api-port."
    )
