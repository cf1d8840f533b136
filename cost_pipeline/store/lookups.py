"""How far LookupEvents has been read, by trail and region."""

from __future__ import annotations

from typing import Any

import psycopg
from psycopg.types.json import Jsonb


def positions(
    conn: psycopg.Connection[Any], *, tenant_id: str, trail_id: int
) -> dict[str, dict[str, Any]]:
    """By region: complete_until, window_end, open_to, seen (pairs of id and ISO time)."""
    rows = conn.execute(
        "SELECT region, complete_until, window_end, open_to, seen FROM lookup_positions"
        " WHERE tenant_id = %s AND trail_id = %s",
        [tenant_id, trail_id],
    )
    return {row.pop("region"): row for row in rows}


def keep_position(
    conn: psycopg.Connection[Any],
    *,
    tenant_id: str,
    trail_id: int,
    account_id: str,
    region: str,
    position: dict[str, Any],
) -> None:
    """Keeps a position, in the form that `positions` gives it."""
    conn.execute(
        "INSERT INTO lookup_positions (trail_id, account_id, region, tenant_id, complete_until,"
        " window_end, open_to, seen) VALUES (%(trail_id)s, %(account_id)s, %(region)s,"
        " %(tenant_id)s, %(complete_until)s, %(window_end)s, %(open_to)s, %(seen)s)"
        " ON CONFLICT (trail_id, account_id, region) DO UPDATE SET"
        " complete_until = excluded.complete_until, window_end = excluded.window_end,"
        " open_to = excluded.open_to, seen = excluded.seen",
        {
            "tenant_id": tenant_id,
            "trail_id": trail_id,
            "account_id": account_id,
            "region": region,
            **position,
            "seen": Jsonb(position["seen"]),
        },
    )


def lookup_facts(conn: psycopg.Connection[Any], *, tenant_id: str) -> list[dict[str, Any]]:
    """For status: account_id, region, complete_until, whether a window is open."""
    return conn.execute(
        "SELECT account_id, region, complete_until, window_end FROM lookup_positions"
        " WHERE tenant_id = %s ORDER BY account_id, region",
        [tenant_id],
    ).fetchall()
