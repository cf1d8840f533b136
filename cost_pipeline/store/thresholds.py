"""The thresholds of detection as a tenant has set them: what it did not set is the default."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from typing import Any

import psycopg
from psycopg.types.json import Jsonb

from cost_pipeline.core.detection_settings import DetectionSettings, SettingsError
from cost_pipeline.store import governance

_KEY = "detection"


def load(
    conn: psycopg.Connection[Any], *, tenant_id: str, defaults: DetectionSettings | None = None
) -> DetectionSettings:
    """The tenant's thresholds; `defaults` holds where it has set none.

    Raises:
        SettingsError: what is kept is not valid any more.
    """
    return (defaults or DetectionSettings()).changed(overrides(conn, tenant_id=tenant_id))


def overrides(conn: psycopg.Connection[Any], *, tenant_id: str) -> dict[str, float]:
    """Only what the tenant has set itself, by name; not what an older version knew."""
    row = conn.execute(
        "SELECT settings->%s AS own FROM tenants WHERE tenant_id = %s", [_KEY, tenant_id]
    ).fetchone()
    own = (row["own"] or {}) if row else {}
    known = {one.name for one in fields(DetectionSettings)}
    return {name: value for name, value in own.items() if name in known}


def change(
    conn: psycopg.Connection[Any],
    *,
    tenant_id: str,
    changes: Mapping[str, object],
    by: str,
) -> DetectionSettings:
    """Sets thresholds from now on; a value of None gives the default back. Returns all of them.

    Raises:
        SettingsError: there is no such setting, or it cannot take the value.
        LookupError: there is no such tenant.
    """
    conn.execute("SELECT FROM tenants WHERE tenant_id = %s FOR UPDATE", [tenant_id])
    own = overrides(conn, tenant_id=tenant_id)
    given = {name: value for name, value in changes.items() if value is not None}
    checked = DetectionSettings().changed({**own, **given})
    unknown = [name for name in changes if not hasattr(checked, name)]
    if unknown:
        DetectionSettings().changed(dict.fromkeys(unknown, 0))
    own |= {name: getattr(checked, name) for name in given}
    own = {name: value for name, value in own.items() if changes.get(name, value) is not None}
    done = conn.execute(
        "UPDATE tenants SET settings = settings || %s WHERE tenant_id = %s",
        [Jsonb({_KEY: own}), tenant_id],
    )
    if done.rowcount != 1:
        raise LookupError(f"there is no tenant {tenant_id!r}")
    governance.audit(
        conn,
        tenant_id=tenant_id,
        who=by,
        action="thresholds changed",
        details={"changes": {name: changes[name] for name in sorted(changes)}},
    )
    return DetectionSettings().changed(own)


__all__ = ["SettingsError", "change", "load", "overrides"]
