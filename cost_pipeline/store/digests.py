"""What a day's digest tells, as rows; nothing in it depends on when it is asked."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any, Literal
from uuid import NAMESPACE_URL, uuid5

import psycopg

from cost_pipeline.store.activity import RESOLVED_EVENTS

Period = Literal["daily", "weekly"]
_RANK = "array_position(ARRAY['critical', 'high', 'medium', 'low'], severity)"


def facts(conn: psycopg.Connection[Any], *, tenant_id: str, day: date) -> dict[str, Any]:
    """The day's anomalies, spend added by actor and account, commitments, waste and health."""
    scope = {"tenant_id": tenant_id, "day": day}

    def rows(query: str) -> list[dict[str, Any]]:
        return conn.execute(query, scope).fetchall()

    resolved = f"({RESOLVED_EVENTS}) AS resolved"
    return {
        "anomalies": rows(
            "SELECT id, severity, title, account_id, region, actor, resource_type, hourly_cost,"
            " projected_monthly_cost, one_time_cost, first_event_time, reasons FROM anomalies"
            " WHERE tenant_id = %(tenant_id)s AND day = %(day)s"
            f" ORDER BY {_RANK}, projected_monthly_cost DESC, id"
        ),
        "added": rows(
            "SELECT actor, account_id, count(*) AS events, sum(resolved_hourly_cost) AS hourly"
            f" FROM {resolved} WHERE resolved_hourly_cost > 0 GROUP BY 1, 2"
            " ORDER BY hourly DESC, 1, 2 LIMIT 10"
        ),
        "totals": rows(
            "SELECT coalesce(sum(resolved_hourly_cost) FILTER (WHERE resolved_hourly_cost > 0), 0)"
            " AS added, coalesce(sum(resolved_hourly_cost) FILTER"
            " (WHERE resolved_hourly_cost < 0), 0) AS removed,"
            " coalesce(sum(one_time_cost), 0) AS one_time, count(*) AS events,"
            f" count(*) FILTER (WHERE price_basis = 'unpriced') AS unpriced FROM {resolved}"
        )[0],
        "commitments": rows(
            "SELECT actor, account_id, event_name, one_time_cost, hourly_cost FROM cost_events"
            " WHERE tenant_id = %(tenant_id)s AND partition_day = %(day)s"
            " AND action = 'purchase' ORDER BY one_time_cost DESC, id"
        ),
        "zombies": rows(
            "SELECT check_name, title, account_id, resource_id, monthly_cost, creator FROM zombies"
            " WHERE tenant_id = %(tenant_id)s AND day = %(day)s"
            " ORDER BY monthly_cost DESC NULLS LAST, resource_id"
        ),
        "waste": rows(
            "SELECT coalesce(sum(monthly_cost) FILTER (WHERE day = %(day)s), 0) AS now,"
            " coalesce(sum(monthly_cost) FILTER (WHERE day = %(day)s - 1), 0) AS before"
            " FROM zombies WHERE tenant_id = %(tenant_id)s"
        )[0],
        "left": rows(
            "SELECT cause, event_name, resource_id, resource_type, account_id, region, actor,"
            " title, monthly_cost FROM leftovers"
            " WHERE tenant_id = %(tenant_id)s AND day = %(day)s AND NOT facts ? 'excluded'"
            " ORDER BY monthly_cost DESC NULLS LAST, resource_id"
        ),
        "files": rows(
            "SELECT count(*) AS files, count(*) FILTER (WHERE state = 'failed') AS failed"
            " FROM trail_objects WHERE tenant_id = %(tenant_id)s AND day = %(day)s"
        )[0],
    }


def note_written(
    conn: psycopg.Connection[Any], *, tenant_id: str, period: Period, day: date, path: str
) -> None:
    """Remembers where the digest of a day, or of the week that ends on it, lies."""
    conn.execute(
        "INSERT INTO digests (tenant_id, period, day, path) VALUES (%s, %s, %s, %s)"
        " ON CONFLICT (tenant_id, period, day) DO UPDATE SET path = excluded.path,"
        " written_at = now()",
        [tenant_id, period, day, path],
    )


def enqueue(
    conn: psycopg.Connection[Any],
    *,
    tenant_id: str,
    period: Period,
    day: date,
    channels: Sequence[str],
    now: datetime,
    again: bool = False,
) -> int:
    """Queues a digest for each channel, once unless it is wanted `again`; how many were queued."""
    about = uuid5(NAMESPACE_URL, f"digest/{tenant_id}/{period}/{day}")
    return conn.execute(
        "INSERT INTO alerts (tenant_id, anomaly_id, revision, channel, severity, hourly_cost,"
        " dedup_key, next_attempt_at, created_at, payload)"
        " SELECT %(tenant_id)s, %(about)s, n.number, c.channel, 'low', 0,"
        " concat_ws('/', 'digest', %(tenant_id)s::text, %(period)s::text, %(day)s::text,"
        " c.channel, n.number), %(now)s, %(now)s,"
        " jsonb_build_object('digest', jsonb_build_object('period', %(period)s::text,"
        " 'day', %(day)s::text))"
        " FROM unnest(%(channels)s::text[]) AS c(channel) CROSS JOIN LATERAL ("
        "  SELECT count(*) + 1 AS number FROM alerts p WHERE p.tenant_id = %(tenant_id)s"
        "   AND p.anomaly_id = %(about)s AND p.channel = c.channel) AS n"
        " WHERE n.number = 1 OR %(again)s ON CONFLICT (dedup_key) DO NOTHING",
        {
            "tenant_id": tenant_id,
            "about": about,
            "period": period,
            "day": day,
            "channels": list(channels),
            "now": now,
            "again": again,
        },
    ).rowcount


def note_sent(
    conn: psycopg.Connection[Any], *, tenant_id: str, period: Period, day: date, now: datetime
) -> None:
    """A channel has taken the digest."""
    conn.execute(
        "UPDATE digests SET sent_at = %s WHERE tenant_id = %s AND period = %s AND day = %s",
        [now, tenant_id, period, day],
    )


def unsent(conn: psycopg.Connection[Any], *, tenant_id: str, day: date) -> bool:
    """Whether the day has no digest yet."""
    row = conn.execute(
        "SELECT FROM digests WHERE tenant_id = %s AND period = 'daily' AND day = %s",
        [tenant_id, day],
    ).fetchone()
    return row is None


def listing(conn: psycopg.Connection[Any], *, tenant_id: str) -> list[dict[str, Any]]:
    """Every digest there is, the newest first: period (daily, weekly), day (the last one), path."""
    return conn.execute(
        "SELECT period, day, path, written_at, sent_at FROM digests WHERE tenant_id = %s"
        " ORDER BY day DESC, period LIMIT 800",
        [tenant_id],
    ).fetchall()
