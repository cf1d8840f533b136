"""What the app's first page shows, aggregated in SQL."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any, Literal

import psycopg

from cost_pipeline.store import worst_cases


def totals(conn: psycopg.Connection[Any], *, tenant_id: str, today: date) -> dict[str, Any]:
    """USD an hour that runs, and that was added and removed today."""
    scope = {"tenant_id": tenant_id, "today": today}
    row = conn.execute(
        "SELECT"
        " (SELECT coalesce(sum(hourly_cost), 0) FROM resources WHERE tenant_id = %(tenant_id)s"
        "  AND stopped_at IS NULL) AS run_rate,"
        " (SELECT coalesce(sum(delta) FILTER (WHERE delta > 0), 0) FROM resource_spans"
        "  WHERE tenant_id = %(tenant_id)s AND partition_day >= %(today)s) AS added,"
        " (SELECT coalesce(sum(delta) FILTER (WHERE delta < 0), 0) FROM resource_spans"
        "  WHERE tenant_id = %(tenant_id)s AND partition_day >= %(today)s) AS removed",
        scope,
    ).fetchone()
    return row or {}


def anomalies_by_day(
    conn: psycopg.Connection[Any], *, tenant_id: str, since: date
) -> list[dict[str, Any]]:
    """How many anomalies each day had, by severity."""
    return conn.execute(
        "SELECT day, severity, count(*) AS anomalies FROM anomalies"
        " WHERE tenant_id = %s AND day >= %s GROUP BY 1, 2 ORDER BY 1, 2",
        [tenant_id, since],
    ).fetchall()


def added_by(
    conn: psycopg.Connection[Any],
    *,
    tenant_id: str,
    dimension: Literal["actor", "account_id"],
    today: date,
    days: int = 7,
    limit: int = 8,
) -> list[dict[str, Any]]:
    """USD an hour added over the last days, by who or where, the most first."""
    return conn.execute(
        f"SELECT {dimension} AS name, sum(delta) AS hourly, count(*) AS events"
        " FROM resource_spans WHERE tenant_id = %s AND partition_day > %s AND delta > 0"
        " GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT %s",
        [tenant_id, today - timedelta(days=days), limit],
    ).fetchall()


def newest_day(conn: psycopg.Connection[Any], *, tenant_id: str) -> date | None:
    """The newest day with files; None where nothing has been read."""
    row = conn.execute(
        "SELECT max(day) AS day FROM trail_objects WHERE tenant_id = %s AND state = 'done'",
        [tenant_id],
    ).fetchone()
    return row["day"] if row else None


def resources(
    conn: psycopg.Connection[Any],
    *,
    tenant_id: str,
    text: str = "",
    running: bool | None = True,
    limit: int = 500,
) -> list[dict[str, Any]]:
    """Resources that run, that ended, or both (None); the dearest first.

    `text` is looked for in id, type, class, account and creator.
    """
    state = {True: " AND stopped_at IS NULL", False: " AND stopped_at IS NOT NULL", None: ""}
    order = "stopped_at DESC" if running is False else "hourly_cost DESC NULLS LAST"
    return conn.execute(
        "SELECT resource_id, resource_type, resource_class, account_id, region, hourly_cost,"
        " created_by, created_at, stopped_at, stopped_by, last_event_time FROM resources"
        f" WHERE tenant_id = %(t)s{state[running]} AND (%(text)s = '' OR strpos(lower(concat_ws("
        "' ', resource_id, resource_type, resource_class, account_id, created_by)),"
        f" lower(%(text)s)) > 0) ORDER BY {order}, resource_id LIMIT %(limit)s",
        {"t": tenant_id, "text": text, "limit": limit},
    ).fetchall()


def resource(
    conn: psycopg.Connection[Any], *, tenant_id: str, resource_id: str
) -> tuple[dict[str, Any] | None, list[dict[str, Any]]]:
    """One resource with what it has cost so far (spent), and its history in order of time."""
    scope = {"t": tenant_id, "id": resource_id}
    row = conn.execute(
        "SELECT r.*, (SELECT coalesce(sum(s.hourly_cost * extract(epoch FROM"
        "  coalesce(s.to_time, now()) - s.from_time) / 3600), 0) FROM resource_spans s"
        "  WHERE s.tenant_id = r.tenant_id AND s.resource_id = r.resource_id) AS spent"
        " FROM resources r WHERE r.tenant_id = %(t)s AND r.resource_id = %(id)s",
        scope,
    ).fetchone()
    spans = conn.execute(
        "SELECT s.from_time AS event_time, e.event_name, s.action, s.actor, s.resource_class,"
        f" s.hourly_cost, s.delta, {worst_cases.columns('e')}"
        " FROM resource_spans s LEFT JOIN cost_events e"
        " ON e.id = s.from_event AND e.event_time = s.from_time AND e.tenant_id = s.tenant_id"
        " WHERE s.tenant_id = %(t)s AND s.resource_id = %(id)s"
        " ORDER BY s.from_time, s.from_event LIMIT 1000",
        scope,
    ).fetchall()
    return row, spans
