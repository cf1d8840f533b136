"""When queued messages may go: quiet hours, limits with folding, and incidents that are over."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import NAMESPACE_URL, uuid5

import psycopg

from cost_pipeline.store.worst_cases import with_worst_case

HOUR = timedelta(hours=1)
FOLD_EVERY = timedelta(minutes=10)
_SINGLE = "NOT payload ?| ARRAY['fold', 'folded', 'resolved', 'digest']"
_RANK = "array_position(ARRAY['low', 'medium', 'high', 'critical'], severity)"

_FOLD = f"""
WITH due AS (
  SELECT alert_id, severity, hourly_cost FROM alerts
  WHERE tenant_id = %(tenant_id)s AND channel = %(channel)s AND state = 'queued'
    AND next_attempt_at <= %(now)s AND {_SINGLE} FOR UPDATE SKIP LOCKED
), told AS (
  INSERT INTO alerts (tenant_id, anomaly_id, revision, channel, severity, hourly_cost, dedup_key,
    next_attempt_at, created_at, payload)
  SELECT %(tenant_id)s, %(about)s, 1, %(channel)s,
    (SELECT severity FROM due ORDER BY {_RANK} DESC LIMIT 1), sum(hourly_cost),
    'folded/' || %(tenant_id)s || '/' || %(channel)s || '/' || min(alert_id), %(now)s, %(now)s,
    jsonb_build_object('folded', min(alert_id)::text)
  FROM due HAVING count(*) > 0
  RETURNING payload->>'folded' AS fold
)
UPDATE alerts a SET state = 'folded', error = 'told in one message with others',
  payload = a.payload || jsonb_build_object('fold', told.fold)
FROM due, told WHERE a.alert_id = due.alert_id
"""

_FOLDED = """
SELECT p.anomaly_id AS id, p.severity,
  coalesce(a.title, (SELECT min(l.title) FROM leftovers l WHERE l.tenant_id = p.tenant_id
    AND l.cause = p.anomaly_id)) AS title,
  coalesce(a.account_id, (SELECT min(l.account_id) FROM leftovers l
    WHERE l.tenant_id = p.tenant_id AND l.cause = p.anomaly_id)) AS account_id,
  coalesce(a.projected_monthly_cost, (SELECT sum(l.monthly_cost) FROM leftovers l
    WHERE l.tenant_id = p.tenant_id AND l.cause = p.anomaly_id)) AS monthly_cost
FROM alerts p LEFT JOIN anomalies a ON a.tenant_id = p.tenant_id AND a.id = p.anomaly_id
WHERE p.tenant_id = %s AND p.channel = %s AND p.payload->>'fold' = %s
ORDER BY array_position(ARRAY['critical', 'high', 'medium', 'low'], p.severity),
  monthly_cost DESC NULLS LAST, p.alert_id
"""

# Once for each decision; the last word on an anomaly whose incident such a channel opened.
_RESOLVED = """
INSERT INTO alerts (tenant_id, anomaly_id, revision, channel, severity, hourly_cost, dedup_key,
  next_attempt_at, created_at, payload)
SELECT DISTINCT ON (p.channel, p.anomaly_id) p.tenant_id, p.anomaly_id, 1, p.channel, p.severity,
  0, p.anomaly_id || '/resolved/' || f.feedback_id || '/' || p.channel, %(now)s, %(now)s,
  jsonb_build_object('resolved', f.decided_by)
FROM alerts p
JOIN LATERAL (SELECT * FROM feedback f WHERE f.tenant_id = p.tenant_id
  AND f.anomaly_id = p.anomaly_id AND f.decision NOT IN ('comment', 'acknowledged')
  ORDER BY f.feedback_id DESC LIMIT 1) f ON f.decision IN ('expected', 'mine', 'resolved')
WHERE p.tenant_id = %(tenant_id)s AND p.channel = ANY(%(channels)s) AND p.state = 'sent'
  AND p.sent_at > %(now)s - interval '30 days' AND p.payload ? 'cost_events'
ON CONFLICT (dedup_key) DO NOTHING
"""


def hold_until(
    conn: psycopg.Connection[Any],
    *,
    tenant_id: str,
    channel: str,
    until: datetime,
    but_critical: bool,
) -> int:
    """Leaves what waits for a channel until its quiet hours end; how many that were."""
    return conn.execute(
        "UPDATE alerts SET next_attempt_at = %s WHERE tenant_id = %s AND channel = %s"
        " AND state = 'queued' AND next_attempt_at < %s AND NOT payload ? 'resolved'"
        " AND NOT (%s AND severity = 'critical')",
        [until, tenant_id, channel, until, but_critical],
    ).rowcount


def sent_lately(
    conn: psycopg.Connection[Any], *, tenant_id: str, channel: str, now: datetime
) -> int:
    """How many single messages a channel took within the hour."""
    row = conn.execute(
        "SELECT count(*) AS sent FROM alerts WHERE tenant_id = %s AND channel = %s"
        f" AND state = 'sent' AND sent_at > %s AND {_SINGLE}",
        [tenant_id, channel, now - HOUR],
    ).fetchone()
    return row["sent"] if row else 0


def fold(conn: psycopg.Connection[Any], *, tenant_id: str, channel: str, now: datetime) -> int:
    """Puts all that is due to a channel into one message; how many that were.

    Not more than one such message in ten minutes: what comes in between waits for the next.
    """
    row = conn.execute(
        "SELECT max(created_at) AS last FROM alerts WHERE tenant_id = %s AND channel = %s"
        " AND payload ? 'folded'",
        [tenant_id, channel],
    ).fetchone()
    last = row["last"] if row else None
    if last is not None and last + FOLD_EVERY > now:
        conn.execute(
            "UPDATE alerts SET next_attempt_at = %s WHERE tenant_id = %s AND channel = %s"
            f" AND state = 'queued' AND next_attempt_at <= %s AND {_SINGLE}",
            [last + FOLD_EVERY, tenant_id, channel, now],
        )
        return 0
    about = uuid5(NAMESPACE_URL, f"folded/{tenant_id}/{channel}")
    scope = {"tenant_id": tenant_id, "channel": channel, "now": now, "about": about}
    return conn.execute(_FOLD, scope).rowcount


def folded(
    conn: psycopg.Connection[Any], *, tenant_id: str, channel: str, fold: str
) -> list[dict[str, Any]]:
    """What one message tells of together, the worst first, with what it may grow to."""
    found = conn.execute(_FOLDED, [tenant_id, channel, fold])
    rows = [row for row in found if row["title"] is not None]
    return with_worst_case(conn, rows, tenant_id=tenant_id)


def enqueue_resolutions(
    conn: psycopg.Connection[Any], *, tenant_id: str, channels: Sequence[str], now: datetime
) -> int:
    """Queues the end of each incident that people have dealt with; how many there were."""
    return conn.execute(
        _RESOLVED, {"tenant_id": tenant_id, "channels": list(channels), "now": now}
    ).rowcount
