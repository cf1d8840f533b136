"""Rows for scripts and spreadsheets, streamed: never a whole table in memory."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from typing import Any, Literal

import psycopg

from cost_pipeline.store import burning, worst_cases
from cost_pipeline.store.feedback import STATE

Subject = Literal["anomalies", "events", "zombies", "baselines"]

_BATCH = 5_000
_RANGE = (
    "({day} >= %(since)s OR %(since)s::date IS NULL) AND ({day} <= %(until)s OR %(until)s IS NULL)"
)
_QUERIES: dict[str, str] = {
    "anomalies": f"""
SELECT a.id, a.tenant_id, a.account_id, a.region, a.actor, a.actor_kind, a.resource_type,
  a.severity, a.score, a.title, {STATE} AS state, a.first_event_time, a.last_event_time,
  a.trigger_event_id, a.trigger_event_time, a.noticed_at, a.workload, d.detected_at,
  d.backfilled, a.hourly_cost,
  a.projected_monthly_cost, a.one_time_cost, a.reasons,
  ARRAY(SELECT DISTINCT e.event_id FROM anomaly_events e
    WHERE e.tenant_id = a.tenant_id AND e.anomaly_id = a.id ORDER BY 1) AS event_ids,
  ARRAY(SELECT DISTINCT unnest(c.resource_ids) FROM anomaly_events e
    JOIN cost_events c ON c.id = e.cost_event_id AND c.event_time = e.event_time
    WHERE e.tenant_id = a.tenant_id AND e.anomaly_id = a.id ORDER BY 1) AS resource_ids
FROM anomalies a LEFT JOIN anomaly_detections d ON d.anomaly_id = a.id
WHERE a.tenant_id = %(tenant_id)s AND {_RANGE.format(day="a.day")}
ORDER BY a.trigger_event_time, a.id
""",
    "events": f"""
SELECT id, tenant_id, event_id, event_time, partition_day, account_id, region, event_source,
  event_name, service, resource_type, resource_class, action, actor, actor_kind,
  actor_principal, actor_session, resource_ids, quantity, hourly_cost, one_time_cost,
  {worst_cases.columns("cost_events")}, price_basis, data
FROM cost_events
WHERE tenant_id = %(tenant_id)s AND {_RANGE.format(day="partition_day")}
ORDER BY event_time, id
""",
    "zombies": f"""
SELECT * FROM zombies WHERE tenant_id = %(tenant_id)s AND {_RANGE.format(day="day")}
ORDER BY day, monthly_cost DESC NULLS LAST, resource_id
""",
    "baselines": f"""
SELECT * FROM baselines WHERE tenant_id = %(tenant_id)s AND {_RANGE.format(day="as_of")}
ORDER BY as_of, account_id, resource_type
""",
}


def rows(
    conn: psycopg.Connection[Any],
    *,
    subject: Subject,
    tenant_id: str,
    since: date | None = None,
    until: date | None = None,
    burned_at: datetime | None = None,
) -> Iterator[dict[str, Any]]:
    """The rows of a subject, of a range of days (both ends included), in a stable order.

    Anomalies carry their worst case, and their burn meter as of `burned_at`, where that is given.
    """
    with conn.cursor(name="export") as cursor:
        cursor.itersize = _BATCH
        cursor.execute(_QUERIES[subject], {"tenant_id": tenant_id, "since": since, "until": until})
        if subject != "anomalies":
            yield from cursor
            return
        while batch := cursor.fetchmany(_BATCH):
            told = worst_cases.with_worst_case(conn, batch, tenant_id=tenant_id)
            if burned_at is not None:
                told = burning.with_meters(conn, told, tenant_id=tenant_id, at=burned_at)
            yield from told
