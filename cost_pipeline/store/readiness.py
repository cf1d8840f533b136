"""Whether Postgres is there and migrated, and when anything last came in."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import psycopg

from cost_pipeline.store.database import Database, DatabaseUnavailableError

_VERSIONS = Path(__file__).with_name("migrations") / "versions"


@cache
def newest_migration() -> str:
    """The revision that the code was written for."""
    return max(path.name[:4] for path in _VERSIONS.glob("[0-9]*.py"))


def look(database: Database) -> dict[str, Any]:
    """ready, database, migrations, migrations_wanted, last_event and last_listed of all tenants."""
    facts: dict[str, Any] = {
        "ready": False,
        "database": False,
        "migrations": None,
        "migrations_wanted": newest_migration(),
        "last_event": None,
        "last_listed": None,
    }
    try:
        with database.admin() as conn:
            facts["database"] = True
            facts |= _known(conn)
    except (DatabaseUnavailableError, psycopg.Error):
        return facts
    return facts | {"ready": facts["migrations"] == facts["migrations_wanted"]}


def _known(conn: psycopg.Connection[Any]) -> dict[str, Any]:
    table = conn.execute("SELECT to_regclass('alembic_version') AS name").fetchone()
    if table is None or table["name"] is None:
        return {}
    row = conn.execute("SELECT max(version_num) AS migrations FROM alembic_version").fetchone()
    seen = conn.execute(
        "SELECT (SELECT max(event_time) FROM cost_events"
        "  WHERE event_time > now() - interval '35 days') AS last_event,"
        " (SELECT max(last_listed_at) FROM trails) AS last_listed"
    ).fetchone()
    return {**(row or {}), **(seen or {})}
