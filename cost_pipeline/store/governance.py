"""Switches that people throw, and the log of who changed what."""

from __future__ import annotations

from typing import Any

import psycopg
from psycopg.types.json import Jsonb

PANIC = "panic"
MODE = "mode"


def get(conn: psycopg.Connection[Any], *, tenant_id: str, key: str, default: Any = None) -> Any:
    """The value of a switch."""
    row = conn.execute(
        "SELECT value FROM governance WHERE tenant_id = %s AND key = %s", [tenant_id, key]
    ).fetchone()
    return default if row is None else row["value"]


def put(conn: psycopg.Connection[Any], *, tenant_id: str, key: str, value: Any, by: str) -> None:
    """Throws a switch, and writes it into the audit log."""
    conn.execute(
        "INSERT INTO governance (tenant_id, key, value, updated_by) VALUES (%s, %s, %s, %s)"
        " ON CONFLICT (tenant_id, key) DO UPDATE SET value = excluded.value,"
        " updated_by = excluded.updated_by, updated_at = now()",
        [tenant_id, key, Jsonb(value), by],
    )
    audit(conn, tenant_id=tenant_id, who=by, action=f"set {key}", details={"value": value})


def panicking(conn: psycopg.Connection[Any], *, tenant_id: str) -> bool:
    """Whether all outbound calls are stopped."""
    return bool(get(conn, tenant_id=tenant_id, key=PANIC, default=False))


def may_notify(conn: psycopg.Connection[Any], *, tenant_id: str) -> bool:
    """Whether messages may go out: neither panic nor `audit` mode, which scores in silence."""
    return (
        not panicking(conn, tenant_id=tenant_id)
        and get(conn, tenant_id=tenant_id, key=MODE, default="enforce") != "audit"
    )


def audit(
    conn: psycopg.Connection[Any],
    *,
    tenant_id: str,
    who: str,
    action: str,
    details: dict[str, Any] | None = None,
) -> None:
    """Adds a line to the audit log, which nobody can change."""
    conn.execute(
        "INSERT INTO audit_log (tenant_id, who, action, details) VALUES (%s, %s, %s, %s)",
        [tenant_id, who, action, Jsonb(details or {})],
    )


def recent(
    conn: psycopg.Connection[Any], *, tenant_id: str, limit: int = 200
) -> list[dict[str, Any]]:
    """The newest lines of the audit log: at, who, action, details as text."""
    return conn.execute(
        "SELECT at, who, action, details::text AS details FROM audit_log"
        " WHERE tenant_id = %s ORDER BY id DESC LIMIT %s",
        [tenant_id, limit],
    ).fetchall()
