"""Who adds what: people, roles and services, as the days' activity and their calls tell."""

from __future__ import annotations

from datetime import date
from typing import Any

import psycopg

_LISTING = """
WITH seen AS (
  SELECT actor, account_id, resource_type, day, (facts->>'events')::bigint AS events,
    (facts->>'hourly_added')::numeric AS added, (facts->>'first')::timestamptz AS first_seen,
    (facts->>'last')::timestamptz AS last_seen
  FROM activity, jsonb_each(actors) AS entry(actor, facts) WHERE tenant_id = %(tenant_id)s
), known AS (
  SELECT actor, min(first_seen) AS first_seen, max(last_seen) AS last_seen,
    coalesce(sum(events) FILTER (WHERE day BETWEEN %(since)s AND %(until)s), 0)::bigint AS events,
    coalesce(sum(added) FILTER (WHERE day BETWEEN %(since)s AND %(until)s), 0) AS added,
    count(DISTINCT account_id)::int AS accounts, count(DISTINCT resource_type)::int AS types
  FROM seen GROUP BY actor
), refused AS (
  SELECT actor, count(*)::int AS refused, max(event_time) AS last_seen FROM refused_calls
  WHERE tenant_id = %(tenant_id)s AND partition_day BETWEEN %(since)s AND %(until)s GROUP BY 1
), running AS (
  SELECT created_by AS actor, sum(hourly_cost) AS running FROM resources
  WHERE tenant_id = %(tenant_id)s AND stopped_at IS NULL AND created_by IS NOT NULL GROUP BY 1
)
SELECT actor, k.first_seen, greatest(k.last_seen, f.last_seen) AS last_seen,
  coalesce(k.events, 0) AS events, coalesce(k.added, 0) AS added,
  coalesce(r.running, 0) AS running, coalesce(f.refused, 0) AS refused,
  coalesce(k.accounts, 0) AS accounts, coalesce(k.types, 0) AS types
FROM known k FULL JOIN refused f USING (actor) LEFT JOIN running r USING (actor)
WHERE strpos(lower(actor), lower(%(text)s)) > 0
  AND (k.events > 0 OR f.refused > 0 OR r.running > 0)
ORDER BY added DESC, refused DESC, actor LIMIT %(limit)s
"""

_TYPES = """
SELECT account_id, resource_type, sum((actors->%(actor)s->>'events')::bigint)::bigint AS events,
  sum((actors->%(actor)s->>'hourly_added')::numeric) AS added,
  min((actors->%(actor)s->>'first')::timestamptz) AS first_seen,
  max((actors->%(actor)s->>'last')::timestamptz) AS last_seen
FROM activity WHERE tenant_id = %(tenant_id)s AND actors ? %(actor)s
GROUP BY 1, 2 ORDER BY added DESC NULLS LAST, 1, 2
"""


def listing(
    conn: psycopg.Connection[Any],
    *,
    tenant_id: str,
    since: date,
    until: date,
    text: str = "",
    limit: int = 500,
) -> list[dict[str, Any]]:
    """Whoever acted in a range of days, or has something running; who added the most first.

    first_seen and last_seen (of all that is kept), events and USD an hour added in the range,
    running (USD an hour of what they started and still runs), refused calls in the range,
    accounts and types (how many).
    """
    return conn.execute(
        _LISTING,
        {"tenant_id": tenant_id, "since": since, "until": until, "text": text, "limit": limit},
    ).fetchall()


def by_type(conn: psycopg.Connection[Any], *, tenant_id: str, actor: str) -> list[dict[str, Any]]:
    """What an actor starts: account_id, resource_type, events, added, first_seen, last_seen."""
    return conn.execute(_TYPES, {"tenant_id": tenant_id, "actor": actor}).fetchall()


def by_day(
    conn: psycopg.Connection[Any], *, tenant_id: str, actor: str, since: date
) -> list[dict[str, Any]]:
    """What an actor added on each day: day, name (the resource type), added in USD an hour."""
    return conn.execute(
        "SELECT day, resource_type AS name, sum((actors->%(a)s->>'hourly_added')::numeric) AS added"
        " FROM activity WHERE tenant_id = %(t)s AND day >= %(since)s AND actors ? %(a)s"
        " GROUP BY 1, 2 ORDER BY 1, 2",
        {"t": tenant_id, "a": actor, "since": since},
    ).fetchall()


def running(
    conn: psycopg.Connection[Any], *, tenant_id: str, actor: str, limit: int = 500
) -> list[dict[str, Any]]:
    """What an actor started and still runs, the dearest first."""
    return conn.execute(
        "SELECT resource_id, resource_type, resource_class, account_id, region, hourly_cost,"
        " created_at FROM resources WHERE tenant_id = %s AND created_by = %s"
        " AND stopped_at IS NULL ORDER BY hourly_cost DESC NULLS LAST, resource_id LIMIT %s",
        [tenant_id, actor, limit],
    ).fetchall()


def refused(
    conn: psycopg.Connection[Any], *, tenant_id: str, actor: str, since: date, limit: int = 500
) -> list[dict[str, Any]]:
    """Costly calls of an actor that AWS refused: by account, region, call and error code."""
    return conn.execute(
        "SELECT account_id, region, event_name, error_code, count(*)::int AS calls,"
        " min(event_time) AS first, max(event_time) AS last FROM refused_calls"
        " WHERE tenant_id = %s AND actor = %s AND partition_day >= %s"
        " GROUP BY 1, 2, 3, 4 ORDER BY calls DESC, last DESC LIMIT %s",
        [tenant_id, actor, since, limit],
    ).fetchall()
