"""The outbox: which anomalies somebody must be told of, and what became of each message."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import psycopg
from psycopg.types.json import Jsonb

from cost_pipeline.store.channels import Rules
from cost_pipeline.store.feedback import STATE
from cost_pipeline.store.signals import ONLY_HELD
from cost_pipeline.store.worst_cases import with_worst_case

MOST_ATTEMPTS = 8
_RANKS = "array_position(ARRAY['low', 'medium', 'high', 'critical'], {})"

# An earlier alert counts for an anomaly with which it shares an event, under whatever id: when
# a late file changes which event is the trigger, nobody is told twice.
_ENQUEUE = f"""
WITH fresh AS (
  SELECT a.*, ARRAY(SELECT cost_event_id::text FROM anomaly_events e
    WHERE e.tenant_id = a.tenant_id AND e.anomaly_id = a.id ORDER BY 1) AS cost_events
  FROM anomalies a JOIN anomaly_detections d ON d.anomaly_id = a.id
  WHERE a.tenant_id = %(tenant_id)s AND NOT d.backfilled
    AND coalesce(a.noticed_at, a.trigger_event_time) > %(oldest)s AND a.withdrawn_at IS NULL
    AND NOT (cardinality(%(held)s::text[]) > 0 AND {ONLY_HELD})
    AND coalesce((
      SELECT f.decision NOT IN ('expected', 'mine', 'snoozed', 'resolved')
        OR f.until IS NOT NULL AND f.until <= %(now)s
      FROM feedback f WHERE f.tenant_id = a.tenant_id AND f.anomaly_id = a.id
        AND f.decision NOT IN ('comment', 'acknowledged')
      ORDER BY f.feedback_id DESC LIMIT 1), true)
), routed AS (
  SELECT f.*, c.channel FROM fresh f CROSS JOIN jsonb_to_recordset(%(routes)s)
    AS c(channel text, min_severity text, accounts text[], types text[])
  WHERE {_RANKS.format("f.severity")} >= {_RANKS.format("c.min_severity")}
    AND (cardinality(c.accounts) = 0 OR f.account_id LIKE ANY (c.accounts))
    AND (cardinality(c.types) = 0 OR f.resource_type LIKE ANY (c.types) OR EXISTS (
      SELECT FROM cost_events e WHERE e.tenant_id = f.tenant_id
        AND e.event_time = f.trigger_event_time AND e.id = f.trigger_cost_event
        AND e.service LIKE ANY (c.types)))
), told AS (
  SELECT f.id, f.channel, count(p.*) AS times, max(p.hourly_cost) AS hourly_cost,
    max({_RANKS.format("p.severity")}) AS rank
  FROM routed f LEFT JOIN alerts p ON p.tenant_id = %(tenant_id)s AND p.channel = f.channel
    AND p.created_at > %(oldest)s - interval '7 days'
    AND p.payload->'cost_events' ?| f.cost_events
  GROUP BY 1, 2
)
INSERT INTO alerts (tenant_id, anomaly_id, revision, channel, severity, hourly_cost, dedup_key,
  next_attempt_at, created_at, payload)
SELECT f.tenant_id, f.id, t.times + 1, t.channel, f.severity, f.hourly_cost,
  f.id || '/' || t.times + 1 || '/' || t.channel, %(now)s, %(now)s,
  jsonb_build_object('cost_events', to_jsonb(f.cost_events))
FROM fresh f JOIN told t USING (id)
WHERE t.times = 0 OR {_RANKS.format("f.severity")} > t.rank
  OR f.hourly_cost > t.hourly_cost AND f.hourly_cost >= 2 * t.hourly_cost
ON CONFLICT (dedup_key) DO NOTHING
"""


# One message for each call that left something worth it, once. A load balancer may get its next
# target within minutes, as in a deployment: that message waits, and is dropped if so.
_ENQUEUE_LEFTOVERS = """
WITH fresh AS (
  SELECT cause, min(event_time) AS event_time, sum(monthly_cost) AS monthly,
    bool_or(resource_type = 'load_balancer') AS may_refill,
    array_agg(DISTINCT account_id) AS accounts, array_agg(DISTINCT resource_type) AS types
  FROM leftovers WHERE tenant_id = %(tenant_id)s AND event_time > %(oldest)s
    AND NOT facts ? 'excluded'
  GROUP BY cause HAVING sum(monthly_cost) IS NULL OR sum(monthly_cost) >= %(min_monthly)s
)
INSERT INTO alerts (tenant_id, anomaly_id, revision, channel, severity, hourly_cost, dedup_key,
  next_attempt_at, created_at, payload)
SELECT %(tenant_id)s, f.cause, 1, c.channel,
  CASE WHEN f.monthly >= 500 THEN 'high' WHEN f.monthly >= 50 THEN 'medium' ELSE 'low' END,
  coalesce(f.monthly, 0) / 730, f.cause || '/left/' || c.channel,
  greatest(%(now)s, f.event_time + CASE WHEN f.may_refill THEN interval '20 minutes'
    ELSE interval '0' END), %(now)s, '{"leftovers": true}'
FROM fresh f CROSS JOIN jsonb_to_recordset(%(routes)s)
  AS c(channel text, min_severity text, accounts text[], types text[])
WHERE (cardinality(c.accounts) = 0 OR EXISTS (SELECT FROM unnest(f.accounts) a
    WHERE a LIKE ANY (c.accounts)))
  AND (cardinality(c.types) = 0 OR EXISTS (SELECT FROM unnest(f.types) t
    WHERE t LIKE ANY (c.types)))
ON CONFLICT (dedup_key) DO NOTHING
"""


@dataclass(frozen=True, slots=True)
class QueuedAlert:
    """A message that waits for its channel; its payload says what it tells of."""

    alert_id: int
    anomaly_id: UUID
    channel: str
    revision: int
    attempts: int
    dedup_key: str
    created_at: datetime
    severity: str
    payload: dict[str, Any]

    @property
    def single(self) -> bool:
        """Whether it counts towards its channel's limit, and may be told with others."""
        return not {"fold", "folded", "resolved", "digest"} & set(self.payload)


def enqueue(
    conn: psycopg.Connection[Any],
    *,
    tenant_id: str,
    routes: Mapping[str, Rules],
    now: datetime,
    held_signals: Sequence[str] = (),
) -> int:
    """Queues one alert for each anomaly and channel that has not been told; returns how many.

    `routes` has the rules of each channel by its name.

    A second one only when the severity rose or the hourly cost doubled. Backfilled anomalies,
    those older than a day and those that people have dealt with are left in peace, and so are
    those for which only `held_signals` speak, unless they are critical.
    """
    return conn.execute(
        _ENQUEUE,
        {
            "tenant_id": tenant_id,
            "routes": Jsonb([_route(name, rules) for name, rules in routes.items()]),
            "now": now,
            "held": list(held_signals),
            "oldest": now - timedelta(hours=24),
        },
    ).rowcount


def enqueue_leftovers(
    conn: psycopg.Connection[Any],
    *,
    tenant_id: str,
    routes: Mapping[str, Rules],
    min_monthly: float,
    now: datetime,
) -> int:
    """Queues one alert for each call of the last day that left something; returns how many.

    What costs less than `min_monthly` USD altogether is not worth a message; an unknown cost is.
    """
    return conn.execute(
        _ENQUEUE_LEFTOVERS,
        {
            "tenant_id": tenant_id,
            "routes": Jsonb([_route(name, rules) for name, rules in routes.items()]),
            "min_monthly": min_monthly,
            "now": now,
            "oldest": now - timedelta(hours=24),
        },
    ).rowcount


def _route(channel: str, rules: Rules) -> dict[str, Any]:
    """A channel's rules as the statements read them: patterns in SQL's way."""
    return {
        "channel": channel,
        "min_severity": rules.min_severity,
        "accounts": [_like(pattern) for pattern in rules.accounts],
        "types": [_like(pattern) for pattern in rules.types],
    }


def _like(pattern: str) -> str:
    """A pattern with * and ? as LIKE has it."""
    plain = pattern.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return plain.replace("*", "%").replace("?", "_")


def next_due(
    conn: psycopg.Connection[Any],
    *,
    tenant_id: str,
    now: datetime,
    without: Sequence[str] = (),
    digests_only: bool = False,
) -> QueuedAlert | None:
    """The next alert to deliver but for some channels, locked until the transaction ends."""
    row = conn.execute(
        "SELECT alert_id, anomaly_id, channel, revision, attempts, dedup_key, created_at,"
        " severity, payload FROM alerts"
        " WHERE tenant_id = %s AND state = 'queued' AND next_attempt_at <= %s"
        " AND channel <> ALL(%s) AND (payload ? 'digest' OR NOT %s)"
        f" ORDER BY {_RANKS.format('severity')} DESC, next_attempt_at, alert_id"
        " LIMIT 1 FOR UPDATE SKIP LOCKED",
        [tenant_id, now, list(without), digests_only],
    ).fetchone()
    return QueuedAlert(**row) if row else None


def anomaly(
    conn: psycopg.Connection[Any], *, tenant_id: str, anomaly_id: UUID
) -> dict[str, Any] | None:
    """What an alert tells of; `answered`: whether people have dealt with it meanwhile.

    `price` says how that of its dearest call came about, with the date of the price. Its worst
    case is there, too.
    """
    row = conn.execute(
        f"SELECT a.*, {STATE} IN ('expected', 'mine', 'snoozed', 'resolved',"
        " 'withdrawn') AS answered, (SELECT c.data->>'price' FROM anomaly_events e"
        "  JOIN cost_events c ON c.id = e.cost_event_id AND c.event_time = e.event_time"
        "  WHERE e.tenant_id = a.tenant_id AND e.anomaly_id = a.id"
        "  ORDER BY c.hourly_cost DESC NULLS LAST, c.one_time_cost DESC, c.id LIMIT 1) AS price"
        " FROM anomalies a WHERE a.tenant_id = %s AND a.id = %s",
        [tenant_id, anomaly_id],
    ).fetchone()
    return with_worst_case(conn, [row], tenant_id=tenant_id)[0] if row else None


def due(conn: psycopg.Connection[Any], *, tenant_id: str, now: datetime) -> int:
    """How many alerts wait to be delivered, or to be tried again."""
    row = conn.execute(
        "SELECT count(*) AS due FROM alerts"
        " WHERE tenant_id = %s AND state = 'queued' AND next_attempt_at <= %s",
        [tenant_id, now],
    ).fetchone()
    return row["due"] if row else 0


def mark_sent(conn: psycopg.Connection[Any], *, alert_id: int, now: datetime) -> None:
    """The channel has accepted the message."""
    conn.execute(
        "UPDATE alerts SET state = 'sent', sent_at = %s, attempts = attempts + 1, error = NULL"
        " WHERE alert_id = %s",
        [now, alert_id],
    )


def mark_folded(conn: psycopg.Connection[Any], *, alert_id: int, reason: str) -> None:
    """The message is not needed any more."""
    conn.execute(
        "UPDATE alerts SET state = 'folded', error = %s WHERE alert_id = %s", [reason, alert_id]
    )


def mark_failed(
    conn: psycopg.Connection[Any], *, alert_id: int, error: str, retry_at: datetime
) -> None:
    """The channel refused: again at `retry_at`, and given up after the eighth time."""
    conn.execute(
        "UPDATE alerts SET attempts = attempts + 1, error = %s, next_attempt_at = %s,"
        " state = CASE WHEN attempts + 1 >= %s THEN 'failed' ELSE 'queued' END"
        " WHERE alert_id = %s",
        [error[:500], retry_at, MOST_ATTEMPTS, alert_id],
    )


def states(conn: psycopg.Connection[Any], *, tenant_id: str) -> dict[str, int]:
    """How many alerts there are by state."""
    rows = conn.execute(
        "SELECT state, count(*) AS alerts FROM alerts WHERE tenant_id = %s GROUP BY state",
        [tenant_id],
    )
    return {row["state"]: row["alerts"] for row in rows}
