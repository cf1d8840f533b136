"""A backup back into place: checked before anything is touched, and proved afterwards."""

from __future__ import annotations

import json
import shutil
import tarfile
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psycopg
from psycopg.sql import SQL, Identifier

from cost_pipeline.access.keyring import keyring
from cost_pipeline.local import pg_tools
from cost_pipeline.local.backup import FORMAT, KEPT, BackupError, Manifest, count_rows
from cost_pipeline.settings import Settings
from cost_pipeline.store.database import Database, known_revisions
from cost_pipeline.store.urls import beside, plain_url

Note = Callable[[str], None]


def read_manifest(file: Path) -> Manifest:
    """What a backup says of itself.

    Raises:
        BackupError: it is none.
    """
    try:
        with tarfile.open(file) as tar:
            member = tar.extractfile("manifest.json")
            return Manifest(**json.loads(member.read() if member else b""))
    except FileNotFoundError as error:
        raise BackupError(f"there is no {file}.") from error
    except (tarfile.TarError, KeyError, ValueError, TypeError) as error:
        raise BackupError(
            f"{file} is no backup of ours: was it made by `cost-pipeline backup`?"
        ) from error


def restore(
    url: str, settings: Settings, file: Path, *, replace: bool = False, note: Note = lambda _: None
) -> Manifest:
    """Puts databases and home folder back as they were when the backup was made.

    Args:
        url: the database to fill, on a server that is there; it is made when it is not.
        settings: whose home folder.
        file: the backup.
        replace: whether what is there may be dropped.
        note: is told what happens.

    Raises:
        BackupError: it does not fit, or would overwrite something without `replace`, or rows
            are missing afterwards.
        PostgresError: Postgres refuses.
    """
    manifest, home = read_manifest(file), settings.home.expanduser()
    targets = {"cost": plain_url(url)}
    if "dagster" in manifest.databases:
        targets["dagster"] = beside(targets["cost"], "dagster")
    _fits(manifest, targets["cost"])
    if not replace:
        _nothing_is_lost(targets, home)
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        with tarfile.open(file) as tar:
            tar.extractall(work, filter="data")
        for name, target in targets.items():
            note(f"Loading the database {name}")
            _load(target, work / f"{name}.dump", manifest)
        _put_home(work / "home", home)
    note("Bringing the tables up to date")
    with Database(targets["cost"]) as db:
        db.migrate()
    _all_there(targets["cost"], manifest)
    return manifest


def lost_keys(settings: Settings, manifest: Manifest) -> list[str]:
    """Keys that the backup's secrets need and that are not at hand: COST_PIPELINE_SECRET_KEY."""
    there = {key.key_id for key in keyring(settings).keys}
    return [key for key in manifest.key_ids if key not in there]


def _fits(manifest: Manifest, url: str) -> None:
    if manifest.format != FORMAT or manifest.revision not in known_revisions():
        raise BackupError(
            f"the backup is of {manifest.product} (tables {manifest.revision}), which is newer "
            "than what is installed: install that version or a later one, then restore."
        )
    server = pg_tools.server_major(beside(url, "postgres"))
    if manifest.postgres > server:
        raise BackupError(
            f"the backup is of Postgres {manifest.postgres}, the server is {server}: restore "
            f"into Postgres {manifest.postgres} or later."
        )
    pg_tools.tool("pg_restore", manifest.pg_dump)


def _nothing_is_lost(targets: dict[str, str], home: Path) -> None:
    full = [name for name, url in targets.items() if _holds_tables(url)]
    full += [str(home / name) for name in KEPT if (home / name).exists() and name != "first_login"]
    if full:
        raise BackupError(
            f"there is something already: {', '.join(full)}. --replace drops it; back it up first."
        )


def _holds_tables(url: str) -> bool:
    try:
        with psycopg.connect(url, connect_timeout=5) as conn:
            row = conn.execute(
                "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'"
            ).fetchone()
    except psycopg.OperationalError:
        return False
    return bool(row and row[0])


def _load(url: str, file: Path, manifest: Manifest) -> None:
    name = Identifier(urlsplit(url).path.lstrip("/"))
    with psycopg.connect(beside(url, "postgres"), autocommit=True) as conn:
        conn.execute(SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(name))
        conn.execute(SQL("CREATE DATABASE {}").format(name))
        made = [role for role in ("cost_app", manifest.owner) if _ensure_role(conn, role)]
        conn.execute(SQL("GRANT cost_app TO CURRENT_USER"))
    pg_tools.load(url, file, least_major=manifest.pg_dump)
    with psycopg.connect(url) as conn:
        _own_policies(conn)
        if manifest.owner in made:
            conn.execute(SQL("DROP OWNED BY {0}; DROP ROLE {0}").format(Identifier(manifest.owner)))


def _ensure_role(conn: psycopg.Connection[Any], role: str) -> bool:
    """Makes a role that the dump names; returns whether it was missing."""
    if conn.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [role]).fetchone():
        return False
    conn.execute(SQL("CREATE ROLE {} NOLOGIN NOBYPASSRLS").format(Identifier(role)))
    return True


def _own_policies(conn: psycopg.Connection[Any]) -> None:
    """The owner's own policies follow whoever owns the tables now."""
    found = conn.execute("SELECT tablename FROM pg_policies WHERE policyname = 'owner_rows'")
    for (table,) in found.fetchall():
        statement = SQL("ALTER POLICY owner_rows ON {} TO CURRENT_USER")
        conn.execute(statement.format(Identifier(table)))


def _put_home(source: Path, home: Path) -> None:
    home.mkdir(parents=True, exist_ok=True)
    for path in sorted(source.iterdir()) if source.exists() else []:
        target = home / path.name
        if target.is_dir():
            shutil.rmtree(target)
        elif target.exists():
            target.unlink()
        shutil.move(path, target)


def _all_there(url: str, manifest: Manifest) -> None:
    with psycopg.connect(url) as conn:
        counts = count_rows(conn)
    missing = {
        table: f"{counts.get(table, 0)} of {rows}"
        for table, rows in manifest.counts.items()
        if counts.get(table, 0) < rows
    }
    if missing:
        raise BackupError(f"rows are missing after the restore: {missing}.")
