"""How loud each scoring signal is, and which alerts a breaker holds back because of it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import psycopg

ALERTS_AN_HOUR = 60
EXPECTED_A_DAY = 10

# What came before the breaker last opened was counted then.
_LOUD = """
WITH since AS (
  SELECT name, opened_at FROM breakers WHERE tenant_id = %(tenant_id)s AND kind = 'signal'
), told AS (
  SELECT r->>'signal' AS signal, p.anomaly_id, min(p.created_at) AS at
  FROM alerts p JOIN anomalies n ON n.tenant_id = p.tenant_id AND n.id = p.anomaly_id,
    jsonb_array_elements(n.reasons) AS r
  WHERE p.tenant_id = %(tenant_id)s AND p.created_at > %(now)s - interval '1 day'
  GROUP BY 1, 2
), decided AS (
  SELECT r->>'signal' AS signal, f.anomaly_id, max(f.decided_at) AS at
  FROM feedback f JOIN anomalies n ON n.tenant_id = f.tenant_id AND n.id = f.anomaly_id,
    jsonb_array_elements(n.reasons) AS r
  WHERE f.tenant_id = %(tenant_id)s AND f.decision = 'expected'
    AND f.decided_at > %(now)s - interval '1 day'
  GROUP BY 1, 2
)
SELECT signal, sum(alerts)::int AS alerts, sum(expected)::int AS expected FROM (
  SELECT signal, count(*) AS alerts, 0 AS expected FROM told LEFT JOIN since ON name = signal
  WHERE at > greatest(%(now)s - interval '1 hour', coalesce(opened_at, '-infinity'))
  GROUP BY signal
  UNION ALL
  SELECT signal, 0, count(*) FROM decided LEFT JOIN since ON name = signal
  WHERE at > coalesce(opened_at, '-infinity') GROUP BY signal
) AS counted GROUP BY signal
"""

ONLY_HELD = """
(a.severity <> 'critical' AND jsonb_array_length(a.reasons) > 0 AND NOT EXISTS (
  SELECT FROM jsonb_array_elements(a.reasons) AS r
  WHERE r->>'signal' IS NULL OR r->>'signal' <> ALL(%(held)s::text[])))
"""
"""SQL: all that speaks for the anomaly `a` are signals on hold, and it is not critical."""

_TAKE_BACK = f"""
DELETE FROM alerts p USING anomalies a
WHERE p.tenant_id = %(tenant_id)s AND p.state = 'queued' AND p.attempts = 0
  AND a.tenant_id = p.tenant_id AND a.id = p.anomaly_id AND {ONLY_HELD}
"""


def loudness(
    conn: psycopg.Connection[Any], *, tenant_id: str, now: datetime
) -> dict[str, tuple[int, int]]:
    """By signal: anomalies alerted in the last hour, and called `expected` in the last day."""
    rows = conn.execute(_LOUD, {"tenant_id": tenant_id, "now": now})
    return {row["signal"]: (row["alerts"], row["expected"]) for row in rows}


def limits(conn: psycopg.Connection[Any], *, tenant_id: str) -> tuple[int, int]:
    """Alerts an hour and `expected` a day that open a breaker: the tenant's, or the defaults.

    They stand in the tenant's settings under `breakers`: alerts_an_hour, expected_a_day.
    """
    row = conn.execute(
        "SELECT settings->'breakers' AS chosen FROM tenants WHERE tenant_id = %s", [tenant_id]
    ).fetchone()
    chosen = (row["chosen"] if row else None) or {}
    return (
        int(chosen.get("alerts_an_hour", ALERTS_AN_HOUR)),
        int(chosen.get("expected_a_day", EXPECTED_A_DAY)),
    )


def take_back(conn: psycopg.Connection[Any], *, tenant_id: str, held: Sequence[str]) -> int:
    """Takes alerts off the queue that only signals on hold speak for; how many there were.

    They were never tried: within a day of their trigger they are queued again once it closes.
    """
    return conn.execute(_TAKE_BACK, {"tenant_id": tenant_id, "held": list(held)}).rowcount
