"""Feature flags: each has an owner and an end, after which it is off by itself."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import psycopg

from cost_pipeline.store import governance


def enabled(
    conn: psycopg.Connection[Any], *, tenant_id: str, name: str, now: datetime, default: bool
) -> bool:
    """Whether a feature is on; the default where no flag says so, or where it has expired."""
    row = conn.execute(
        "SELECT enabled FROM feature_flags WHERE tenant_id = %s AND name = %s AND expires_at > %s",
        [tenant_id, name, now],
    ).fetchone()
    return default if row is None else bool(row["enabled"])


def put(
    conn: psycopg.Connection[Any],
    *,
    tenant_id: str,
    name: str,
    enabled: bool,
    owner: str,
    expires_at: datetime,
    by: str,
    note: str = "",
) -> None:
    """Sets a flag, and writes it into the audit log."""
    conn.execute(
        "INSERT INTO feature_flags (tenant_id, name, enabled, owner, expires_at, note, updated_by)"
        " VALUES (%s, %s, %s, %s, %s, %s, %s) ON CONFLICT (tenant_id, name) DO UPDATE SET"
        " enabled = excluded.enabled, owner = excluded.owner, expires_at = excluded.expires_at,"
        " note = excluded.note, updated_by = excluded.updated_by, updated_at = now()",
        [tenant_id, name, enabled, owner, expires_at, note, by],
    )
    details = {"enabled": enabled, "owner": owner, "expires_at": expires_at.isoformat()}
    governance.audit(conn, tenant_id=tenant_id, who=by, action=f"set flag {name}", details=details)


def remove(conn: psycopg.Connection[Any], *, tenant_id: str, name: str, by: str) -> bool:
    """Takes a flag away, so that the default holds; whether there was one."""
    found = bool(
        conn.execute(
            "DELETE FROM feature_flags WHERE tenant_id = %s AND name = %s", [tenant_id, name]
        ).rowcount
    )
    if found:
        governance.audit(conn, tenant_id=tenant_id, who=by, action=f"removed flag {name}")
    return found


def listing(
    conn: psycopg.Connection[Any], *, tenant_id: str, now: datetime
) -> list[dict[str, Any]]:
    """Every flag: name, enabled, owner, expires_at, note, expired, updated_by, updated_at."""
    return conn.execute(
        "SELECT name, enabled, owner, expires_at, note, expires_at <= %s AS expired, updated_by,"
        " updated_at FROM feature_flags WHERE tenant_id = %s ORDER BY name",
        [now, tenant_id],
    ).fetchall()
