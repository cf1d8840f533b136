"""What the app's first page shows, aggregated in SQL."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any, Literal

import psycopg

Dimension = Literal["account_id", "region", "service", "resource_type", "actor", "event_name"]


# Spans carry every dimension but the call's name.
_NAMED_SPANS = """
SELECT s.*, e.event_name FROM resource_spans s
JOIN cost_events e ON e.id = s.from_event
WHERE e.tenant_id = %(tenant_id)s AND e.partition_day BETWEEN %(since)s AND %(until)s
"""


def totals(conn: psycopg.Connection[Any], *, tenant_id: str, today: date) -> dict[str, Any]:
    """USD an hour that runs, and that was added and removed today; open anomalies; waste."""
    scope = {"tenant_id": tenant_id, "today": today}
    row = conn.execute(
        "SELECT"
        " (SELECT coalesce(sum(hourly_cost), 0) FROM resources WHERE tenant_id = %(tenant_id)s"
        "  AND stopped_at IS NULL) AS run_rate,"
        " (SELECT coalesce(sum(delta) FILTER (WHERE delta > 0), 0) FROM resource_spans"
        "  WHERE tenant_id = %(tenant_id)s AND partition_day >= %(today)s) AS added,"
        " (SELECT coalesce(sum(delta) FILTER (WHERE delta < 0), 0) FROM resource_spans"
        "  WHERE tenant_id = %(tenant_id)s AND partition_day >= %(today)s) AS removed,"
        " (SELECT coalesce(sum(monthly_cost), 0) FROM zombies WHERE tenant_id = %(tenant_id)s"
        "  AND day = (SELECT max(day) FROM zombies WHERE tenant_id = %(tenant_id)s)) AS waste",
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


def explore(
    conn: psycopg.Connection[Any],
    *,
    tenant_id: str,
    rows: Dimension,
    since: date,
    until: date,
    where: dict[Dimension, str],
    limit: int = 200,
) -> list[dict[str, Any]]:
    """Cost events of a range of days, grouped by one dimension, narrowed by others."""
    conditions = "".join(f" AND {name} = %({name})s" for name in where)
    spans = "resource_spans"
    if "event_name" in (rows, *where):
        spans = f"({_NAMED_SPANS}) AS named"
    range_of = "tenant_id = %(tenant_id)s AND partition_day BETWEEN %(since)s AND %(until)s"
    return conn.execute(
        "SELECT name, day, events, coalesce(added, 0) AS added, coalesce(removed, 0) AS removed,"
        f" one_time FROM (SELECT {rows} AS name, partition_day AS day, count(*) AS events,"
        "  sum(one_time_cost) AS one_time FROM cost_events"
        f"  WHERE {range_of}{conditions} GROUP BY 1, 2) AS counted"
        f" LEFT JOIN (SELECT {rows} AS name, partition_day AS day,"
        "  sum(delta) FILTER (WHERE delta > 0) AS added,"
        f"  sum(delta) FILTER (WHERE delta < 0) AS removed FROM {spans}"
        f"  WHERE {range_of}{conditions} GROUP BY 1, 2) AS summed USING (name, day)"
        " ORDER BY added DESC, name, day LIMIT %(limit)s",
        {"tenant_id": tenant_id, "since": since, "until": until, "limit": limit}
        | {str(name): value for name, value in where.items()},
    ).fetchall()


def running(
    conn: psycopg.Connection[Any], *, tenant_id: str, text: str = "", limit: int = 500
) -> list[dict[str, Any]]:
    """Resources that run now, the dearest first; `text` is looked for in id, type and creator."""
    return conn.execute(
        "SELECT resource_id, resource_type, resource_class, account_id, region, hourly_cost,"
        " created_by, created_at, last_event_time FROM resources"
        " WHERE tenant_id = %s AND stopped_at IS NULL AND (%s = '' OR"
        " concat_ws(' ', resource_id, resource_type, resource_class, created_by) ILIKE %s)"
        " ORDER BY hourly_cost DESC NULLS LAST, resource_id LIMIT %s",
        [tenant_id, text, f"%{text}%", limit],
    ).fetchall()
