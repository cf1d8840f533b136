"""Thresholds, tags that keep and exclusions, as people chose them: an append-only log."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import psycopg
from psycopg.types.json import Jsonb

from cost_pipeline.store import governance


def current(conn: psycopg.Connection[Any], *, tenant_id: str) -> dict[str, Any]:
    """What holds now: the newest choice, else what the tenant's settings say under `zombies`."""
    row = conn.execute(
        "SELECT choices FROM zombie_choices WHERE tenant_id = %s ORDER BY choice_id DESC LIMIT 1",
        [tenant_id],
    ).fetchone()
    if row:
        return dict(row["choices"])
    row = conn.execute(
        "SELECT settings->'zombies' AS choices FROM tenants WHERE tenant_id = %s", [tenant_id]
    ).fetchone()
    return dict(row["choices"] or {}) if row else {}


def put(
    conn: psycopg.Connection[Any], *, tenant_id: str, choices: Mapping[str, Any], by: str
) -> None:
    """Replaces what holds, with a line in the audit log; `thresholds_of` checks it beforehand."""
    conn.execute(
        "INSERT INTO zombie_choices (tenant_id, choices, by) VALUES (%s, %s, %s)",
        [tenant_id, Jsonb(dict(choices)), by],
    )
    governance.audit(
        conn, tenant_id=tenant_id, who=by, action="set zombies", details={"value": dict(choices)}
    )


def history(
    conn: psycopg.Connection[Any], *, tenant_id: str, limit: int = 50
) -> list[dict[str, Any]]:
    """The newest choices first: at, by, choices."""
    return conn.execute(
        "SELECT at, by, choices FROM zombie_choices WHERE tenant_id = %s"
        " ORDER BY choice_id DESC LIMIT %s",
        [tenant_id, limit],
    ).fetchall()
