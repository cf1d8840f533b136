"""One file that holds everything that cannot be made again: databases, keys, digests.

A tar archive of `manifest.json`, a dump of each database, and `home/`. The dump and the counts
in the manifest are of one snapshot, so a restore can prove that nothing is missing.
"""

from __future__ import annotations

import json
import os
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import psycopg
from psycopg.sql import SQL, Identifier

from cost_pipeline.access.keyring import keyring
from cost_pipeline.local import pg_tools
from cost_pipeline.settings import Settings
from cost_pipeline.store.urls import beside, plain_url

FORMAT = 1
COUNTED = ("tenants", "users", "accounts", "trails", "trail_objects", "cost_events", "anomalies",
           "feedback", "audit_log")  # fmt: skip
"""Tables whose rows are counted, to be compared after a restore."""
KEPT = ("digests", "agent", "secret_key", "first_login")
"""What of the home folder goes along; `archive` on demand."""


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a backup is: of when, by which versions, and how many rows."""

    format: int
    made_at: str
    product: str
    revision: str
    postgres: int
    pg_dump: int
    owner: str
    counts: dict[str, int]
    databases: list[str]
    key_ids: list[str]
    archive: bool


class BackupError(ValueError):
    """A backup that cannot be made or restored; the sentence says why and how to mend it."""


def databases(url: str) -> dict[str, str]:
    """The product's database and Dagster's, by name; Dagster's only where it is there."""
    found = {"cost": plain_url(url)}
    dagster = os.environ.get("DAGSTER_PG_URL")
    candidate = plain_url(dagster) if dagster else beside(found["cost"], "dagster")
    try:
        with psycopg.connect(candidate, connect_timeout=5):
            found["dagster"] = candidate
    except psycopg.OperationalError:
        pass
    return found


def write(url: str, settings: Settings, file: Path, *, archive: bool = False) -> Manifest:
    """Writes a backup while everything runs; the file appears when it is whole.

    Raises:
        BackupError: there is such a file already.
        PostgresError: the database cannot be dumped.
    """
    if file.exists():
        raise BackupError(f"{file} is there already: name another file, or move it away.")
    file.parent.mkdir(parents=True, exist_ok=True)
    found = databases(url)
    with tempfile.TemporaryDirectory(dir=file.parent, prefix=".backup-") as folder:
        work = Path(folder)
        manifest = _dump_all(found, settings, work, archive=archive)
        (work / "manifest.json").write_text(json.dumps(asdict(manifest), indent=1))
        unfinished = work / "whole.tar"
        descriptor = os.open(unfinished, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
        with os.fdopen(descriptor, "wb") as raw, tarfile.open(fileobj=raw, mode="w") as tar:
            tar.add(work / "manifest.json", "manifest.json")
            for name in found:
                tar.add(work / f"{name}.dump", f"{name}.dump")
            _add_home(tar, settings.home.expanduser(), archive=archive)
            raw.flush()
            os.fsync(raw.fileno())
        unfinished.rename(file)
    return manifest


def _dump_all(found: dict[str, str], settings: Settings, work: Path, *, archive: bool) -> Manifest:
    with _snapshot(found["cost"]) as (conn, snapshot):
        major = conn.info.server_version // 10_000
        made_by = pg_tools.dump(found["cost"], work / "cost.dump", snapshot=snapshot, major=major)
        revision, counts = _revision(conn), count_rows(conn)
        owner = conn.info.user
    if "dagster" in found:
        with _snapshot(found["dagster"]) as (conn, snapshot):
            pg_tools.dump(found["dagster"], work / "dagster.dump", snapshot=snapshot, major=major)
    return Manifest(
        format=FORMAT,
        made_at=datetime.now(UTC).isoformat(timespec="seconds"),
        product=version("cost-pipeline"),
        revision=revision,
        postgres=major,
        pg_dump=made_by,
        owner=owner,
        counts=counts,
        databases=list(found),
        key_ids=[key.key_id for key in keyring(settings).keys],
        archive=archive,
    )


@contextmanager
def _snapshot(url: str) -> Iterator[tuple[psycopg.Connection[Any], str]]:
    """A transaction whose view of the database pg_dump can share."""
    with psycopg.connect(url) as conn:
        conn.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        row = conn.execute("SELECT pg_export_snapshot()").fetchone()
        yield conn, str(row[0]) if row else ""


def _revision(conn: psycopg.Connection[Any]) -> str:
    row = conn.execute("SELECT version_num FROM alembic_version").fetchone()
    if row is None:
        raise BackupError("the database has no tables yet: there is nothing to back up.")
    return str(row[0])


def count_rows(conn: psycopg.Connection[Any]) -> dict[str, int]:
    """How many rows the tables have that people would miss."""
    counts = {}
    for table in COUNTED:
        row = conn.execute(SQL("SELECT count(*) FROM {}").format(Identifier(table))).fetchone()
        counts[table] = int(row[0]) if row else 0
    return counts


def _add_home(tar: tarfile.TarFile, home: Path, *, archive: bool) -> None:
    for name in (*KEPT, *(("archive",) if archive else ())):
        if (home / name).exists():
            tar.add(home / name, f"home/{name}")
