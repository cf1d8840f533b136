"""The burn meter of anomalies: computed when it is read, so that it follows what stops."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import psycopg

from cost_pipeline.core.burn import Burn, burn

# Only what the resources cost above their rate before the anomaly counts as its spend.
_METERS = """
WITH first_touch AS (
  SELECT DISTINCT ON (e.anomaly_id, s.resource_id) e.anomaly_id, s.resource_id, s.from_time,
    coalesce(s.hourly_cost - s.delta, 0) AS rate_before
  FROM anomaly_events e JOIN resource_spans s
    ON s.tenant_id = e.tenant_id AND s.from_event = e.cost_event_id
  WHERE e.tenant_id = %(tenant_id)s AND e.anomaly_id = ANY(%(ids)s)
  ORDER BY e.anomaly_id, s.resource_id, s.from_time
), running AS (
  SELECT f.anomaly_id, greatest(s.hourly_cost - f.rate_before, 0) AS rate, s.from_time,
    least(coalesce(s.to_time, %(at)s), %(at)s) AS until, s.to_time
  FROM first_touch f JOIN resource_spans s ON s.tenant_id = %(tenant_id)s
    AND s.resource_id = f.resource_id AND s.from_time >= f.from_time
  WHERE s.from_time <= %(at)s
)
SELECT a.id,
  a.one_time_cost + coalesce(sum(rate * extract(epoch FROM until - from_time) / 3600), 0) AS spent,
  coalesce(sum(rate) FILTER (WHERE to_time IS NULL OR to_time > %(at)s), 0) AS hourly,
  t.time_zone
FROM anomalies a JOIN tenants t USING (tenant_id) LEFT JOIN running r ON r.anomaly_id = a.id
WHERE a.tenant_id = %(tenant_id)s AND a.id = ANY(%(ids)s)
GROUP BY a.id, a.one_time_cost, t.time_zone
"""

_COURSE = """
WITH touched AS (
  SELECT s.resource_id, min(s.from_time) AS since
  FROM anomaly_events e JOIN resource_spans s
    ON s.tenant_id = e.tenant_id AND s.from_event = e.cost_event_id
  WHERE e.tenant_id = %(tenant_id)s AND e.anomaly_id = %(id)s GROUP BY 1
)
SELECT s.from_time AS event_time, sum(s.delta) AS delta
FROM touched t JOIN resource_spans s ON s.tenant_id = %(tenant_id)s
  AND s.resource_id = t.resource_id AND s.from_time >= t.since
WHERE s.delta <> 0 GROUP BY 1 ORDER BY 1 LIMIT 5000
"""


def meters(
    conn: psycopg.Connection[Any], *, tenant_id: str, anomaly_ids: Sequence[UUID], at: datetime
) -> dict[UUID, Burn]:
    """What each anomaly has burned until `at`, burns an hour then, and will have burned.

    Month's end and Monday 09:00 are in the tenant's time zone.
    """
    rows = conn.execute(_METERS, {"tenant_id": tenant_id, "ids": list(anomaly_ids), "at": at})
    return {
        row["id"]: burn(Decimal(row["spent"]), Decimal(row["hourly"]), at, row["time_zone"])
        for row in rows
    }


def with_meters(
    conn: psycopg.Connection[Any],
    anomalies: Sequence[dict[str, Any]],
    *,
    tenant_id: str,
    at: datetime,
) -> list[dict[str, Any]]:
    """Rows of anomalies with `spent`, `burning_hourly`, `by_month_end` and `by_monday`, USD."""
    known = meters(conn, tenant_id=tenant_id, anomaly_ids=[row["id"] for row in anomalies], at=at)
    return [
        row
        | {
            "spent": known[row["id"]].spent,
            "burning_hourly": known[row["id"]].hourly,
            "by_month_end": known[row["id"]].by_month_end,
            "by_monday": known[row["id"]].by_monday,
        }
        for row in anomalies
    ]


def course(
    conn: psycopg.Connection[Any], *, tenant_id: str, anomaly_id: UUID
) -> list[dict[str, Any]]:
    """By moment, what an anomaly's resources came to cost more or less an hour from then on."""
    return conn.execute(_COURSE, {"tenant_id": tenant_id, "id": anomaly_id}).fetchall()
