"""What the digest of a day or week tells, as rows, and which have been written and sent."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Literal
from uuid import NAMESPACE_URL, uuid5

import psycopg

from cost_pipeline.core.waste import REVIEW
from cost_pipeline.store import burning, prices, worst_cases, zombie_life, zombies
from cost_pipeline.store.activity import RESOLVED_EVENTS

Period = Literal["daily", "weekly"]
_RANK = "array_position(ARRAY['critical', 'high', 'medium', 'low'], severity)"
_CHART_DAYS: dict[Period, int] = {"daily": 14, "weekly": 28}


def _events(since: str) -> str:
    """The cost events from a day on, with what they change an hour."""
    days = f"partition_day BETWEEN %({since})s AND %(day)s"
    return f"({RESOLVED_EVENTS.replace('partition_day = %(day)s', days)}) AS resolved"


_ANOMALIES = f"""
SELECT id, day, severity, title, account_id, region, actor, resource_type, hourly_cost,
  projected_monthly_cost, one_time_cost, first_event_time, reasons FROM anomalies
WHERE tenant_id = %(tenant_id)s AND day BETWEEN %(since)s AND %(day)s AND withdrawn_at IS NULL
ORDER BY {_RANK}, projected_monthly_cost DESC, id
"""
_ADDED = f"""
SELECT actor, account_id, count(*) AS events, sum(resolved_hourly_cost) AS hourly
FROM {_events("since")} WHERE resolved_hourly_cost > 0 GROUP BY 1, 2
ORDER BY hourly DESC, 1, 2 LIMIT 10
"""
_TOTALS = f"""
SELECT coalesce(sum(resolved_hourly_cost) FILTER (WHERE resolved_hourly_cost > 0), 0) AS added,
  coalesce(sum(resolved_hourly_cost) FILTER (WHERE resolved_hourly_cost < 0), 0) AS removed,
  coalesce(sum(resolved_one_time_cost), 0) AS one_time, count(*) AS events,
  count(*) FILTER (WHERE price_basis = 'unpriced') AS unpriced,
  count(DISTINCT account_id) AS accounts, max(event_time) AS newest
FROM {_events("since")}
"""
_BY_DAY = f"""
SELECT partition_day AS day,
  coalesce(sum(resolved_hourly_cost) FILTER (WHERE resolved_hourly_cost > 0), 0) AS added,
  coalesce(sum(resolved_hourly_cost) FILTER (WHERE resolved_hourly_cost < 0), 0) AS removed
FROM {_events("chart_since")} GROUP BY 1 ORDER BY 1
"""
_COMMITMENTS = """
SELECT actor, account_id, event_name, one_time_cost, hourly_cost FROM cost_events
WHERE tenant_id = %(tenant_id)s AND partition_day BETWEEN %(since)s AND %(day)s
  AND action = 'purchase' ORDER BY one_time_cost DESC NULLS LAST, id
"""
_LEFT = """
SELECT cause, event_name, resource_id, resource_type, account_id, region, actor, title,
  monthly_cost FROM leftovers
WHERE tenant_id = %(tenant_id)s AND day BETWEEN %(since)s AND %(day)s AND NOT facts ? 'excluded'
ORDER BY monthly_cost DESC NULLS LAST, resource_id
"""
_FILES = """
SELECT count(*) AS files, count(*) FILTER (WHERE state = 'failed') AS failed FROM trail_objects
WHERE tenant_id = %(tenant_id)s AND day BETWEEN %(since)s AND %(day)s
"""


def week_of(day: date) -> date:
    """The Sunday that ends the week of a day.

    >>> week_of(date(2026, 3, 4)), week_of(date(2026, 3, 8))
    (datetime.date(2026, 3, 8), datetime.date(2026, 3, 8))
    """
    return day + timedelta(days=6 - day.weekday())


def facts(
    conn: psycopg.Connection[Any], *, tenant_id: str, day: date, period: Period = "daily"
) -> dict[str, Any]:
    """What a day, or the week that ends on it, brought.

    Anomalies with what they may grow to, spend added by actor and account, totals, commitments,
    what is idle and how that changed, what calls left behind, health, how old the list prices are,
    and by_day: what the weeks before brought.
    """
    since = day if period == "daily" else day - timedelta(days=6)
    chart_days = _CHART_DAYS[period]
    scope = {
        "tenant_id": tenant_id,
        "day": day,
        "since": since,
        "chart_since": day - timedelta(days=chart_days - 1),
    }

    def rows(query: str) -> list[dict[str, Any]]:
        return conn.execute(query, scope).fetchall()

    return {
        "period": period,
        "since": since,
        "until": day,
        "anomalies": _with_cost(conn, rows(_ANOMALIES), tenant_id, _end_of(day)),
        "added": rows(_ADDED),
        "totals": rows(_TOTALS)[0],
        "commitments": rows(_COMMITMENTS),
        "left": rows(_LEFT),
        "files": rows(_FILES)[0],
        "priced": prices.dates(conn),
        "by_day": rows(_BY_DAY),
        **_waste(conn, tenant_id, day, since if period == "weekly" else None),
    }


def _with_cost(
    conn: psycopg.Connection[Any], rows: list[dict[str, Any]], tenant_id: str, at: datetime
) -> list[dict[str, Any]]:
    """Anomalies with what they cost until a moment, and may come to an hour."""
    told = worst_cases.with_worst_case(conn, rows, tenant_id=tenant_id, at=at)
    return burning.with_meters(conn, told, tenant_id=tenant_id, at=at)


def _end_of(day: date) -> datetime:
    return datetime.combine(day + timedelta(days=1), time(), UTC)


def _waste(
    conn: psycopg.Connection[Any], tenant_id: str, day: date, since: date | None
) -> dict[str, Any]:
    """What is idle, the dearest first, and in numbers; before: at the sweep before the period."""
    scope: dict[str, Any] = {"tenant_id": tenant_id}
    found = zombies.listing(conn, **scope, day=day, limit=1_000_000)
    shown = ("check_name", "title", "account_id", "resource_id", "monthly_cost", "creator")
    said = zombie_life.summary(conn, **scope, day=day)
    before = said["before"]
    if since is not None:
        earlier = zombie_life.summary(conn, **scope, day=since - timedelta(days=1))
        before = earlier["monthly_cost"]
    return {
        "zombies": [
            {name: row[name] for name in (*shown, "lifecycle")}
            for row in found
            if not row["ignored"] and row["gone_state"] is None and row["confidence"] != REVIEW
        ],
        "waste": {
            "swept": zombies.swept(conn, **scope, day=day),
            "now": said["monthly_cost"],
            "before": before,
            "change": said["monthly_cost"] - before,
            **{name: said[name] for name in ("new", "gone", "saved", "unpriced", "unseen")},
        },
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
