"""What detection reads from, and writes to, Postgres."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict
from datetime import date, datetime
from typing import Any
from uuid import UUID

import psycopg
from psycopg.types.json import Jsonb

from cost_pipeline.core.detection_model import (
    Anomaly,
    AnomalyEvent,
    DayEvent,
    DayResult,
    Decision,
    DetectorState,
)
from cost_pipeline.store.activity import RESOLVED_EVENTS

_ANOMALY_COLUMNS = (
    "id, tenant_id, day, account_id, region, actor, actor_kind, resource_type, severity, score,"
    " first_event_time, last_event_time, trigger_event_id, trigger_cost_event,"
    " trigger_event_time, hourly_cost, projected_monthly_cost, one_time_cost, reasons, title"
)

# Totals of an anomaly are sums over its events of every day; its own day owns the rest.
_GROW = """
UPDATE anomalies a SET
  first_event_time = least(a.first_event_time, e.first_event_time),
  last_event_time = greatest(a.last_event_time, e.last_event_time),
  revision = e.days
FROM (
  SELECT anomaly_id, min(event_time) AS first_event_time, max(event_time) AS last_event_time,
    count(DISTINCT day)::int AS days
  FROM anomaly_events WHERE tenant_id = %(tenant_id)s AND anomaly_id = ANY(%(ids)s) GROUP BY 1
) e
WHERE a.tenant_id = %(tenant_id)s AND a.id = e.anomaly_id
"""


def day_events(conn: psycopg.Connection[Any], *, tenant_id: str, day: date) -> list[DayEvent]:
    """The day's cost events, each with what it changes an hour where anything tells."""
    rows = conn.execute(
        "SELECT id, event_id, event_time, account_id, region, service, resource_type,"
        " resource_class, action, actor, actor_kind, actor_principal, resource_ids,"
        " quantity::float8 AS quantity, resolved_hourly_cost::float8 AS hourly_cost,"
        " one_time_cost::float8 AS one_time_cost, event_name"
        f" FROM ({RESOLVED_EVENTS}) AS resolved ORDER BY event_time, id",
        {"tenant_id": tenant_id, "day": day},
    )
    return [DayEvent(**(row | {"resource_ids": tuple(row["resource_ids"])})) for row in rows]


def refused_calls(
    conn: psycopg.Connection[Any], *, tenant_id: str, day: date
) -> dict[tuple[str, str], int]:
    """How many costly calls AWS refused on a day, by (account_id, actor)."""
    rows = conn.execute(
        "SELECT account_id, actor, count(*) AS refused FROM refused_calls"
        " WHERE tenant_id = %s AND partition_day = %s GROUP BY 1, 2",
        [tenant_id, day],
    )
    return {(row["account_id"], row["actor"]): row["refused"] for row in rows}


def load_state(
    conn: psycopg.Connection[Any], *, tenant_id: str, as_of: date
) -> tuple[DetectorState, str] | None:
    """The state at the end of a day and the settings' version it was folded under."""
    row = conn.execute(
        "SELECT state, settings_version FROM detector_state WHERE tenant_id = %s AND as_of = %s",
        [tenant_id, as_of],
    ).fetchone()
    return (DetectorState.from_json(row["state"]), row["settings_version"]) if row else None


def save_state(
    conn: psycopg.Connection[Any],
    *,
    tenant_id: str,
    as_of: date,
    state: DetectorState,
    settings_version: str,
) -> None:
    """Keeps the state at the end of a day."""
    conn.execute(
        "INSERT INTO detector_state (tenant_id, as_of, settings_version, state)"
        " VALUES (%s, %s, %s, %s) ON CONFLICT (tenant_id, as_of) DO UPDATE SET"
        " settings_version = excluded.settings_version, state = excluded.state,"
        " folded_at = now()",
        [tenant_id, as_of, settings_version, Jsonb(state.to_json())],
    )


def decisions(conn: psycopg.Connection[Any], *, tenant_id: str) -> list[Decision]:
    """What people decided about patterns; of one pattern the last word counts."""
    rows = conn.execute(
        "SELECT DISTINCT ON (pattern) decision, decided_at, until, pattern FROM feedback"
        " WHERE tenant_id = %s AND pattern IS NOT NULL"
        " AND decision IN ('expected', 'snoozed', 'reopened')"
        " ORDER BY pattern, feedback_id DESC",
        [tenant_id],
    )
    return [
        Decision(row["decision"], row["decided_at"], row["until"], **row["pattern"])
        for row in rows
        if row["decision"] != "reopened"
    ]


def replace_anomalies(
    conn: psycopg.Connection[Any],
    *,
    tenant_id: str,
    day: date,
    result: DayResult,
    backfilled: bool,
    now: datetime,
) -> int:
    """Puts the day's anomalies in place of those it had; returns how many there are.

    When each was first seen stays as it was; what people decided is not touched.
    """
    scope = {"tenant_id": tenant_id, "day": day}
    before = conn.execute(
        "DELETE FROM anomaly_events WHERE tenant_id = %(tenant_id)s AND day = %(day)s"
        " RETURNING anomaly_id",
        scope,
    ).fetchall()
    conn.execute("DELETE FROM anomalies WHERE tenant_id = %(tenant_id)s AND day = %(day)s", scope)
    anomalies = result.anomalies
    _insert(conn, "anomalies", _ANOMALY_COLUMNS, (_row(tenant_id, day, a) for a in anomalies))
    parts = {anomaly.id: anomaly.events for anomaly in anomalies} | dict(result.grown)
    _insert(
        conn,
        "anomaly_events",
        "anomaly_id, cost_event_id, tenant_id, event_id, day, event_time",
        _part_rows(conn, tenant_id, day, parts),
    )
    touched = {row["anomaly_id"] for row in before} | set(parts)
    conn.execute(_GROW, {"tenant_id": tenant_id, "ids": list(touched)})
    conn.cursor().executemany(
        "INSERT INTO anomaly_detections (anomaly_id, tenant_id, detected_at, backfilled)"
        " VALUES (%s, %s, %s, %s) ON CONFLICT DO NOTHING",
        [(anomaly.id, tenant_id, now, backfilled) for anomaly in anomalies],
    )
    return len(anomalies)


def _row(tenant_id: str, day: date, anomaly: Anomaly) -> tuple[Any, ...]:
    trigger = anomaly.trigger
    return (
        *(anomaly.id, tenant_id, day, anomaly.account_id, anomaly.region, anomaly.actor),
        *(anomaly.actor_kind, anomaly.resource_type, anomaly.severity, anomaly.score),
        *(anomaly.first_event_time, anomaly.last_event_time, trigger.event_id, trigger.id),
        *(trigger.event_time, anomaly.hourly_cost, round(anomaly.projected_monthly_cost, 4)),
        *(anomaly.one_time_cost, Jsonb([asdict(r) for r in anomaly.reasons]), anomaly.title),
    )


def _part_rows(
    conn: psycopg.Connection[Any],
    tenant_id: str,
    day: date,
    parts: dict[UUID, tuple[AnomalyEvent, ...]],
) -> list[tuple[Any, ...]]:
    """One row for each (anomaly, event) that no other day has written."""
    written = conn.execute(
        "SELECT anomaly_id, cost_event_id FROM anomaly_events"
        " WHERE tenant_id = %s AND anomaly_id = ANY(%s)",
        [tenant_id, list(parts)],
    )
    known = {(row["anomaly_id"], row["cost_event_id"]) for row in written}
    return [
        (anomaly_id, part.cost_event_id, tenant_id, part.event_id, day, part.event_time)
        for anomaly_id, its_parts in parts.items()
        for part in its_parts
        if (anomaly_id, part.cost_event_id) not in known
    ]


def _insert(conn: psycopg.Connection[Any], table: str, columns: str, rows: Iterable[Any]) -> None:
    """Not COPY, which row-level security does not allow; there are few rows."""
    values = ", ".join(["%s"] * len(columns.split(",")))
    conn.cursor().executemany(f"INSERT INTO {table} ({columns}) VALUES ({values})", list(rows))


def stale_days(
    conn: psycopg.Connection[Any],
    *,
    tenant_id: str,
    since: date,
    until: date,
    settings_version: str,
) -> list[date]:
    """Days with files whose state is missing, or older than their files, in order."""
    rows = conn.execute(
        "SELECT o.day FROM trail_objects o LEFT JOIN detector_state s"
        " ON s.tenant_id = o.tenant_id AND s.as_of = o.day AND s.settings_version = %s"
        " WHERE o.tenant_id = %s AND o.day BETWEEN %s AND %s AND o.state = 'done'"
        " GROUP BY o.day, s.folded_at"
        " HAVING s.folded_at IS NULL OR max(o.done_at) > s.folded_at ORDER BY o.day",
        [settings_version, tenant_id, since, until],
    )
    return [row["day"] for row in rows]
