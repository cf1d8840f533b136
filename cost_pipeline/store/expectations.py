"""Changes that people announce: what they explain is no anomaly, what exceeds them is."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Literal

import psycopg

from cost_pipeline.core.plans import Planned
from cost_pipeline.store import governance

Source = Literal["window", "terraform", "infracost"]
_FIELDS = ("account_id", "actor", "resource_type", "resource_class", "region")


def register(
    conn: psycopg.Connection[Any],
    *,
    tenant_id: str,
    since: datetime,
    until: datetime,
    by: str,
    account_id: str | None = None,
    actor: str | None = None,
    resource_type: str | None = None,
    resource_class: str | None = None,
    region: str | None = None,
    resources: float | None = None,
    hourly_cost: float | None = None,
    source: Source = "window",
    note: str | None = None,
) -> int:
    """Announces a change; returns its id. A field that is None matches everything.

    Args:
        conn: a transaction of the tenant.
        tenant_id: whose change it is.
        since: from when it explains what starts (UTC), also in the past.
        until: up to when.
        by: who announces it.
        account_id: where it happens.
        actor: who does it: a person, a role, a workload.
        resource_type: what starts.
        resource_class: of which class.
        region: in which region.
        resources: how many resources it explains at most.
        hourly_cost: how many USD an hour it explains at most.
        source: where it was read from.
        note: what to remember about it.

    Raises:
        ValueError: it would explain everything, or its end is not after its beginning.
    """
    values = (account_id, actor, resource_type, resource_class, region)
    if until <= since:
        raise ValueError("an expected change must end after it begins")
    if not any(values):
        raise ValueError(
            "an expected change must say at least one of account, actor, resource type, class or "
            "region: one that says none would silence everything"
        )
    row = conn.execute(
        f"INSERT INTO expected_changes (tenant_id, since, until, {', '.join(_FIELDS)}, resources,"
        " hourly_cost, source, note, registered_by)"
        " VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s) RETURNING change_id",
        [tenant_id, since, until, *values, resources, hourly_cost, source, note, by],
    ).fetchone()
    if row is None:
        raise LookupError("Postgres returned no id for the change")
    governance.audit(
        conn,
        tenant_id=tenant_id,
        who=by,
        action="change expected",
        details={"change": row["change_id"], "until": until.isoformat(), "source": source},
    )
    return int(row["change_id"])


def register_plan(
    conn: psycopg.Connection[Any],
    *,
    tenant_id: str,
    planned: Sequence[Planned],
    source: Source,
    since: datetime,
    until: datetime,
    by: str,
    account_id: str | None = None,
    actor: str | None = None,
    region: str | None = None,
    note: str | None = None,
) -> list[int]:
    """Announces what a plan holds, one change for each type and class; returns their ids."""
    return [
        register(
            conn,
            tenant_id=tenant_id,
            since=since,
            until=until,
            by=by,
            account_id=account_id,
            actor=actor,
            resource_type=one.resource_type,
            resource_class=one.resource_class,
            region=region,
            resources=one.resources,
            hourly_cost=one.hourly_cost,
            source=source,
            note=note,
        )
        for one in planned
    ]


def listing(conn: psycopg.Connection[Any], *, tenant_id: str) -> list[dict[str, Any]]:
    """Every announced change, the newest first."""
    return conn.execute(
        "SELECT * FROM expected_changes WHERE tenant_id = %s ORDER BY change_id DESC", [tenant_id]
    ).fetchall()


def cancel(conn: psycopg.Connection[Any], *, tenant_id: str, change_id: int, by: str) -> None:
    """Takes an announced change back: from the next run on it explains nothing.

    Raises:
        LookupError: there is no such change.
    """
    done = conn.execute(
        "UPDATE expected_changes SET cancelled_at = coalesce(cancelled_at, now())"
        " WHERE tenant_id = %s AND change_id = %s",
        [tenant_id, change_id],
    )
    if done.rowcount != 1:
        raise LookupError(f"there is no expected change {change_id}")
    governance.audit(
        conn,
        tenant_id=tenant_id,
        who=by,
        action="expected change cancelled",
        details={"change": change_id},
    )
