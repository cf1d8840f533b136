"""A day's anomalies put in place of those it had; what was told is revised, never deleted.

An anomaly that a live run told of and that a later file takes back stays, marked as withdrawn.
Where a later file only changes which event is the trigger, and so the id, the old id becomes an
alias of the new one, and decisions and alerts follow.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict
from datetime import date, datetime
from typing import Any
from uuid import UUID

import psycopg
from psycopg.types.json import Jsonb

from cost_pipeline.core.detection_model import Anomaly, DayResult, Share

_COLUMNS = (
    "id, tenant_id, day, account_id, region, actor, actor_kind, resource_type, severity, score,"
    " first_event_time, last_event_time, trigger_event_id, trigger_cost_event,"
    " trigger_event_time, hourly_cost, projected_monthly_cost, one_time_cost, reasons, title,"
    " workload, who, noticed_at"
)

# Totals of an anomaly are sums over what every day adds; its own day owns the rest.
_TOTALS = """
UPDATE anomalies a SET
  first_event_time = e.first_event_time,
  last_event_time = e.last_event_time,
  hourly_cost = d.hourly_cost,
  one_time_cost = d.one_time_cost,
  projected_monthly_cost = d.hourly_cost * 730 + d.one_time_cost,
  severity = d.severity,
  revision = d.days
FROM (
  SELECT anomaly_id, min(event_time) AS first_event_time, max(event_time) AS last_event_time
  FROM anomaly_events WHERE tenant_id = %(tenant_id)s AND anomaly_id = ANY(%(ids)s) GROUP BY 1
) e JOIN (
  SELECT anomaly_id, sum(hourly_cost) AS hourly_cost, sum(one_time_cost) AS one_time_cost,
    count(*)::int AS days, (ARRAY['low', 'medium', 'high', 'critical'])[max(
      array_position(ARRAY['low', 'medium', 'high', 'critical'], severity))] AS severity
  FROM anomaly_days WHERE tenant_id = %(tenant_id)s AND anomaly_id = ANY(%(ids)s) GROUP BY 1
) d USING (anomaly_id)
WHERE a.tenant_id = %(tenant_id)s AND a.id = e.anomaly_id AND a.withdrawn_at IS NULL
"""

_FORMER = """
SELECT a.id, ARRAY(SELECT cost_event_id FROM anomaly_events e
    WHERE e.tenant_id = a.tenant_id AND e.anomaly_id = a.id AND e.day = a.day) AS events,
  NOT coalesce(d.backfilled, true) AS told, a.withdrawn_at
FROM anomalies a LEFT JOIN anomaly_detections d ON d.anomaly_id = a.id
WHERE a.tenant_id = %(tenant_id)s AND a.day = %(day)s
"""


def replace(
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
    former = conn.execute(_FORMER, scope).fetchall()
    new = {anomaly.id for anomaly in result.anomalies}
    kept = _withdraw(conn, tenant_id, [f for f in former if f["id"] not in new], result, now)
    touched = _forget(conn, scope, kept)
    _insert(conn, "anomalies", _COLUMNS, (_row(tenant_id, day, a) for a in result.anomalies))
    shares = {a.id: _own_share(a) for a in result.anomalies} | dict(result.grown)
    _insert(
        conn,
        "anomaly_days",
        "anomaly_id, tenant_id, day, hourly_cost, one_time_cost, severity",
        [
            (i, tenant_id, day, s.hourly_cost, s.one_time_cost, s.severity)
            for i, s in shares.items()
        ],
    )
    _insert(
        conn,
        "anomaly_events",
        "anomaly_id, cost_event_id, tenant_id, event_id, day, event_time",
        _part_rows(conn, tenant_id, day, shares),
    )
    conn.execute(_TOTALS, {"tenant_id": tenant_id, "ids": list(touched | set(shares))})
    conn.cursor().executemany(
        "INSERT INTO anomaly_detections (anomaly_id, tenant_id, detected_at, backfilled)"
        " VALUES (%s, %s, %s, %s) ON CONFLICT DO NOTHING",
        [(anomaly.id, tenant_id, now, backfilled) for anomaly in result.anomalies],
    )
    return len(result.anomalies)


def _withdraw(
    conn: psycopg.Connection[Any],
    tenant_id: str,
    gone: list[dict[str, Any]],
    result: DayResult,
    now: datetime,
) -> list[UUID]:
    """What becomes of told anomalies that the day no longer comes to; returns those that stay."""
    heirs = {
        part.cost_event_id: identity
        for identity, events in _events_by_anomaly(result).items()
        for part in events
    }
    kept = []
    for former in gone:
        heir = next((heirs[one] for one in former["events"] if one in heirs), None)
        if heir is not None:
            _rename(conn, tenant_id, former["id"], heir)
        elif former["told"] or former["withdrawn_at"]:
            kept.append(former["id"])
    conn.execute(
        "UPDATE anomalies SET withdrawn_at = coalesce(withdrawn_at, %s)"
        " WHERE tenant_id = %s AND id = ANY(%s)",
        [now, tenant_id, kept],
    )
    return kept


def _events_by_anomaly(result: DayResult) -> Mapping[UUID, tuple[Any, ...]]:
    return {identity: share.events for identity, share in result.grown.items()} | {
        anomaly.id: anomaly.events for anomaly in result.anomalies
    }


def _rename(conn: psycopg.Connection[Any], tenant_id: str, old: UUID, new: UUID) -> None:
    """What was said and sent about the old id now speaks of the new one."""
    for table in ("feedback", "alerts", "anomaly_aliases"):
        conn.execute(
            f"UPDATE {table} SET anomaly_id = %s WHERE tenant_id = %s AND anomaly_id = %s",
            [new, tenant_id, old],
        )
    conn.execute(
        "DELETE FROM anomaly_aliases WHERE tenant_id = %s AND alias_id = %s", [tenant_id, new]
    )
    conn.execute(
        "INSERT INTO anomaly_aliases (alias_id, tenant_id, anomaly_id) VALUES (%s, %s, %s)"
        " ON CONFLICT (alias_id) DO UPDATE SET anomaly_id = excluded.anomaly_id",
        [old, tenant_id, new],
    )
    conn.execute(
        "INSERT INTO anomaly_detections (anomaly_id, tenant_id, detected_at, backfilled)"
        " SELECT %s, tenant_id, detected_at, backfilled FROM anomaly_detections"
        " WHERE tenant_id = %s AND anomaly_id = %s ON CONFLICT (anomaly_id) DO NOTHING",
        [new, tenant_id, old],
    )


def _forget(conn: psycopg.Connection[Any], scope: dict[str, Any], kept: list[UUID]) -> set[UUID]:
    """Takes the day's rows away but for those of `kept`; returns the anomalies they touched."""
    touched: set[UUID] = set()
    for table in ("anomaly_events", "anomaly_days"):
        rows = conn.execute(
            f"DELETE FROM {table} WHERE tenant_id = %(tenant_id)s AND day = %(day)s"
            " AND anomaly_id <> ALL(%(kept)s) RETURNING anomaly_id",
            {**scope, "kept": kept},
        ).fetchall()
        touched |= {row["anomaly_id"] for row in rows}
    conn.execute(
        "DELETE FROM anomalies WHERE tenant_id = %(tenant_id)s AND day = %(day)s"
        " AND id <> ALL(%(kept)s)",
        {**scope, "kept": kept},
    )
    return touched


def _own_share(anomaly: Anomaly) -> Share:
    return Share(anomaly.events, anomaly.hourly_cost, anomaly.one_time_cost, anomaly.severity)


def _row(tenant_id: str, day: date, anomaly: Anomaly) -> tuple[Any, ...]:
    trigger = anomaly.trigger
    return (
        *(anomaly.id, tenant_id, day, anomaly.account_id, anomaly.region, anomaly.actor),
        *(anomaly.actor_kind, anomaly.resource_type, anomaly.severity, anomaly.score),
        *(anomaly.first_event_time, anomaly.last_event_time, trigger.event_id, trigger.id),
        *(trigger.event_time, anomaly.hourly_cost, round(anomaly.projected_monthly_cost, 4)),
        *(anomaly.one_time_cost, Jsonb([asdict(r) for r in anomaly.reasons]), anomaly.title),
        *(anomaly.workload, anomaly.who, anomaly.noticed_at or trigger.event_time),
    )


def _part_rows(
    conn: psycopg.Connection[Any], tenant_id: str, day: date, shares: Mapping[UUID, Share]
) -> list[tuple[Any, ...]]:
    """One row for each (anomaly, event) that no other day has written."""
    written = conn.execute(
        "SELECT anomaly_id, cost_event_id FROM anomaly_events"
        " WHERE tenant_id = %s AND anomaly_id = ANY(%s)",
        [tenant_id, list(shares)],
    )
    known = {(row["anomaly_id"], row["cost_event_id"]) for row in written}
    return [
        (anomaly_id, part.cost_event_id, tenant_id, part.event_id, day, part.event_time)
        for anomaly_id, share in shares.items()
        for part in share.events
        if (anomaly_id, part.cost_event_id) not in known
    ]


def _insert(conn: psycopg.Connection[Any], table: str, columns: str, rows: Iterable[Any]) -> None:
    """Not COPY, which row-level security does not allow; there are few rows."""
    values = ", ".join(["%s"] * len(columns.split(",")))
    conn.cursor().executemany(f"INSERT INTO {table} ({columns}) VALUES ({values})", list(rows))
