"""Tenants: who has rows of their own, and the time zone of their mornings; the owner's alone."""

from __future__ import annotations

import re
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import psycopg

from cost_pipeline.store import governance

_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,39}")


def add(
    conn: psycopg.Connection[Any], *, tenant_id: str, name: str, time_zone: str, by: str
) -> None:
    """Adds a tenant.

    Raises:
        ValueError: there is one of that id, the id cannot be one, or there is no such time zone.
    """
    if not _NAME.fullmatch(tenant_id):
        raise ValueError(f"'{tenant_id}' is no tenant's id: up to 40 of a-z, 0-9, - and _")
    _known_zone(time_zone)
    added = conn.execute(
        "INSERT INTO tenants (tenant_id, name, time_zone) VALUES (%s, %s, %s)"
        " ON CONFLICT DO NOTHING",
        [tenant_id, name, time_zone],
    ).rowcount
    if not added:
        raise ValueError(f"there is a tenant '{tenant_id}' already: cost-pipeline tenant set")
    details = {"name": name, "time_zone": time_zone}
    governance.audit(conn, tenant_id=tenant_id, who=by, action="tenant added", details=details)


def change(
    conn: psycopg.Connection[Any],
    *,
    tenant_id: str,
    name: str | None = None,
    time_zone: str | None = None,
    by: str,
) -> None:
    """Gives a tenant another name or time zone; what is None stays.

    Raises:
        LookupError: there is no such tenant.
        ValueError: there is no such time zone.
    """
    if time_zone is not None:
        _known_zone(time_zone)
    changed = conn.execute(
        "UPDATE tenants SET name = coalesce(%s, name), time_zone = coalesce(%s, time_zone)"
        " WHERE tenant_id = %s",
        [name, time_zone, tenant_id],
    ).rowcount
    if not changed:
        raise LookupError(f"there is no tenant '{tenant_id}': cost-pipeline tenant list")
    details = {"name": name, "time_zone": time_zone}
    governance.audit(conn, tenant_id=tenant_id, who=by, action="tenant changed", details=details)


def _known_zone(time_zone: str) -> None:
    try:
        ZoneInfo(time_zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError(
            f"'{time_zone}' is no time zone: write it as Europe/Berlin or UTC"
        ) from None
