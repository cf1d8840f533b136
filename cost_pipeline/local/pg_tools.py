"""Postgres's own programs that copy a database: found, and run without a password in sight."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from cost_pipeline.local.postgres_programs import wheel_binaries
from cost_pipeline.local.postgres_user import PostgresError

_HARMLESS = 'unrecognized configuration parameter "transaction_timeout"'
"""What a newer pg_restore asks of an older server, which goes on without it."""


def server_major(url: str) -> int:
    """The major version of the server, as 16."""
    with psycopg.connect(url) as conn:
        return conn.info.server_version // 10_000


def tool(name: str, least_major: int) -> tuple[str, int]:
    """The path and major version of a program: the PATH's, or the packaged one.

    The one whose version is nearest to `least_major`, but not below it.

    Raises:
        PostgresError: neither is new enough.
    """
    candidates = [shutil.which(name), str(_packaged(name))]
    versions = {path: _major(path) for path in candidates if path and Path(path).exists()}
    fitting = {path: major for path, major in versions.items() if major >= least_major}
    if not fitting:
        there = ", ".join(f"{path} ({major})" for path, major in versions.items()) or "none"
        raise PostgresError(
            f"{name} of Postgres {least_major} or later is needed; there is: {there}. Install "
            f"postgresql-client-{least_major}, so that it is on the PATH."
        )
    path = min(fitting, key=lambda one: fitting[one])
    return path, fitting[path]


def _packaged(name: str) -> Path:
    try:
        return wheel_binaries() / name
    except PostgresError:
        return Path("/nonexistent")


def _major(path: str) -> int:
    done = subprocess.run([path, "--version"], capture_output=True, text=True, check=False)  # noqa: S603
    found = re.search(r"\) (\d+)", done.stdout)
    return int(found[1]) if found else 0


def dump(url: str, file: Path, *, snapshot: str, major: int) -> int:
    """Writes the database as it is in a snapshot; returns pg_dump's major version.

    Raises:
        PostgresError: it failed, with what pg_dump said.
    """
    path, version = tool("pg_dump", major)
    _run(
        [path, "--format=custom", "--no-owner", "--snapshot", snapshot, "--file", str(file)],
        url,
        tolerated="",
    )
    return version


def load(url: str, file: Path, *, least_major: int) -> None:
    """Loads a dump into an empty database.

    Raises:
        PostgresError: anything of it failed.
    """
    path, _ = tool("pg_restore", least_major)
    _run([path, "--no-owner", str(file)], url, tolerated=_HARMLESS)


def _run(command: Sequence[str], url: str, *, tolerated: str) -> None:
    parts = conninfo_to_dict(url)
    password = str(parts.pop("password", "") or "")
    known = {name: str(value) for name, value in parts.items() if value is not None}
    done = subprocess.run(  # noqa: S603 - Postgres's own program, no shell
        [command[0], "--dbname", make_conninfo("", **known), *command[1:]],
        env={**os.environ, "PGPASSWORD": password},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode == 0:
        return
    errors = [line for line in done.stderr.splitlines() if "error:" in line.lower()]
    if tolerated and errors and all(tolerated in line for line in errors):
        return
    name = Path(command[0]).name
    raise PostgresError(f"{name} failed: {done.stderr.strip()[-800:] or done.returncode}")
