"""What calls left behind: it bills on, and nothing uses it any more.

A row belongs to the day of the call that left it. Rows follow from `resource_links` alone, of
whatever days: every parent that a day names is worked out again, so that days may arrive in any
order, and be rerun, and end in the same rows.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import psycopg
from psycopg.types.json import Jsonb

# What a parent holds at its end: not freed before, not moved elsewhere, not deleted.
_HELD = """
WITH held AS (
  SELECT h.*, h.parent_id AS root FROM linked k JOIN resource_links h
    ON h.tenant_id = %(tenant_id)s AND h.parent_id = k.name
  WHERE h.kind = 'holds' AND h.child_type <> 'network_interface'
  UNION ALL
  SELECT h.*, i.parent_id FROM linked k
  JOIN resource_links i ON i.tenant_id = %(tenant_id)s AND i.parent_id = k.name
  JOIN resource_links h ON h.tenant_id = %(tenant_id)s AND h.parent_id = i.child_id
  WHERE i.kind = 'holds' AND i.child_type = 'network_interface' AND h.kind = 'holds'
), ended AS (
  SELECT DISTINCT ON (h.root, h.child_id, e.event) h.root, h.parent_id AS held_by, h.child_id,
    h.child_type, h.handle, h.facts, h.event_time AS held_since, e.event, e.event_time,
    e.event_name, e.partition_day, e.account_id, e.region, e.actor, e.actor_kind
  FROM held h CROSS JOIN LATERAL (
    SELECT * FROM resource_links e WHERE e.tenant_id = %(tenant_id)s AND e.parent_id = h.root
      AND e.kind = 'ends' AND e.event_time >= h.event_time
    ORDER BY e.event_time, e.event LIMIT 1) e
  ORDER BY h.root, h.child_id, e.event, h.event_time DESC, h.event
)
SELECT e.event AS cause, e.child_id AS resource_id, e.partition_day AS day, e.event_time,
  e.event_name, e.root AS parent_id, e.account_id, e.region, e.child_type AS resource_type,
  e.actor, e.actor_kind, e.facts || jsonb_strip_nulls(jsonb_build_object(
    'class', s.resource_class)) AS facts,
  coalesce(s.hourly_cost, (e.facts->>'hourly')::numeric) AS hourly_cost
FROM ended e LEFT JOIN LATERAL (
  SELECT s.hourly_cost, s.resource_class FROM resource_spans s
  WHERE s.tenant_id = %(tenant_id)s AND s.resource_id = e.child_id AND s.from_time <= e.event_time
  ORDER BY s.from_time DESC, s.from_event DESC LIMIT 1) s ON true
WHERE NOT EXISTS (SELECT FROM resource_links f WHERE f.tenant_id = %(tenant_id)s
    AND f.handle = e.handle AND f.kind = 'frees'
    AND f.event_time BETWEEN e.held_since AND e.event_time)
  AND NOT EXISTS (SELECT FROM resource_links m WHERE m.tenant_id = %(tenant_id)s
    AND m.child_id = e.child_id AND m.kind = 'holds' AND m.parent_id <> e.held_by
    AND m.event_time > e.held_since AND m.event_time <= e.event_time)
  AND NOT EXISTS (SELECT FROM resource_spans d WHERE d.tenant_id = %(tenant_id)s
    AND d.resource_id = e.child_id AND d.action = 'stop'
    AND d.from_time BETWEEN e.held_since AND e.event_time)
"""

# A load balancer all of whose known targets have left; one that ended leaves its groups too.
_EMPTIED = """
WITH balancers AS (
  SELECT DISTINCT l.parent_id AS balancer, CASE l.kind WHEN 'serves' THEN l.child_id
    ELSE l.parent_id END AS target_group
  FROM linked k JOIN resource_links l ON l.tenant_id = %(tenant_id)s AND l.parent_id = k.name
  WHERE l.kind = 'serves' OR l.kind IN ('gains', 'loses') AND l.parent_id LIKE '%%:loadbalancer/%%'
), changes AS (
  SELECT b.balancer, b.target_group, l.child_id AS target, l.kind, l.event, l.event_time,
    l.event_name, l.partition_day, l.account_id, l.region, l.actor, l.actor_kind
  FROM balancers b JOIN resource_links l ON l.tenant_id = %(tenant_id)s
    AND l.parent_id = b.target_group AND l.kind IN ('gains', 'loses')
), moves AS (
  SELECT * FROM changes
  UNION ALL
  SELECT DISTINCT c.balancer, c.target_group, c.target, 'loses', e.event, e.event_time,
    e.event_name, e.partition_day, e.account_id, e.region, e.actor, e.actor_kind
  FROM changes c JOIN resource_links e ON e.tenant_id = %(tenant_id)s
    AND e.parent_id = c.target AND e.kind = 'ends'
), latest AS (
  SELECT DISTINCT ON (balancer, target_group, target) *,
    bool_or(kind = 'gains') OVER (PARTITION BY balancer, target_group, target) AS was_seen
  FROM moves ORDER BY balancer, target_group, target, event_time DESC,
    CASE kind WHEN 'gains' THEN 0 ELSE 1 END, event
), empty AS (
  SELECT balancer FROM latest GROUP BY balancer
  HAVING bool_and(kind = 'loses' AND was_seen)
)
SELECT DISTINCT ON (l.balancer) l.event AS cause, l.balancer AS resource_id,
  l.partition_day AS day, l.event_time, l.event_name, l.balancer AS parent_id, l.account_id,
  l.region, 'load_balancer' AS resource_type, l.actor, l.actor_kind,
  jsonb_build_object('last_target', l.target, 'since_its_making', r.created_at IS NOT NULL)
    AS facts,
  s.hourly_cost
FROM latest l JOIN empty USING (balancer)
LEFT JOIN resources r ON r.tenant_id = %(tenant_id)s AND r.resource_id = l.balancer
LEFT JOIN LATERAL (
  SELECT s.hourly_cost FROM resource_spans s WHERE s.tenant_id = %(tenant_id)s
    AND s.resource_id = l.balancer AND s.from_time <= l.event_time
  ORDER BY s.from_time DESC, s.from_event DESC LIMIT 1) s ON true
WHERE r.stopped_at IS NULL OR r.stopped_at > l.event_time
ORDER BY l.balancer, l.event_time DESC, l.event
"""

_COLUMNS = """tenant_id, cause, resource_id, day, event_time, event_name, parent_id, account_id,
  region, resource_type, actor, actor_kind, title, monthly_cost, facts"""

# What became of it: deleted, in use again, or still there as far as the trail tells.
_STATED = """
SELECT l.*, CASE WHEN r.stopped_at > l.event_time THEN r.stopped_at END AS removed_at,
  CASE WHEN r.stopped_at > l.event_time THEN r.stopped_by END AS removed_by,
  (SELECT min(u.event_time) FROM resource_links u WHERE u.tenant_id = l.tenant_id
    AND u.child_id = l.resource_id AND u.kind = 'holds' AND u.event_time > l.event_time
  ) AS used_again_at
FROM leftovers l LEFT JOIN resources r
  ON r.tenant_id = l.tenant_id AND r.resource_id = l.resource_id
WHERE l.tenant_id = %(tenant_id)s
"""


@dataclass(frozen=True, slots=True)
class Leftover:
    """What a call left: `monthly_cost` is None where no price is known."""

    cause: UUID
    resource_id: str
    day: date
    event_time: datetime
    event_name: str
    parent_id: str
    account_id: str
    region: str
    resource_type: str
    actor: str
    actor_kind: str
    title: str
    monthly_cost: Decimal | None
    facts: dict[str, Any]


def derive(conn: psycopg.Connection[Any], *, tenant_id: str) -> list[dict[str, Any]]:
    """What follows from the links of every parent in the table `linked`, without words or price.

    hourly_cost is what CloudTrail told of the thing itself, or None.
    """
    rows: list[dict[str, Any]] = []
    for query in (_HELD, _EMPTIED):
        rows += conn.execute(query, {"tenant_id": tenant_id}).fetchall()
    return rows


def replace(conn: psycopg.Connection[Any], *, tenant_id: str, found: Iterable[Leftover]) -> None:
    """Puts what was found in place of what the parents in `linked` had."""
    conn.execute(
        "DELETE FROM leftovers l USING linked k WHERE l.tenant_id = %s AND l.parent_id = k.name",
        [tenant_id],
    )
    rows = {(one.cause, one.resource_id): _values(tenant_id, one) for one in found}
    places = ", ".join(["%s"] * len(_COLUMNS.split(",")))
    conn.cursor().executemany(
        f"INSERT INTO leftovers ({_COLUMNS}) VALUES ({places})", list(rows.values())
    )


def _values(tenant_id: str, one: Leftover) -> tuple[Any, ...]:
    return (
        *(tenant_id, one.cause, one.resource_id, one.day, one.event_time, one.event_name),
        *(one.parent_id, one.account_id, one.region, one.resource_type, one.actor),
        *(one.actor_kind, one.title, one.monthly_cost, Jsonb(one.facts)),
    )


def of_day(conn: psycopg.Connection[Any], *, tenant_id: str, day: date) -> list[dict[str, Any]]:
    """What the calls of a day left: the dearest first, what became of it aside."""
    return conn.execute(
        "SELECT * FROM leftovers WHERE tenant_id = %s AND day = %s"
        " ORDER BY monthly_cost DESC NULLS LAST, event_time, resource_id",
        [tenant_id, day],
    ).fetchall()


def since(
    conn: psycopg.Connection[Any], *, tenant_id: str, moment: datetime, limit: int = 1_000
) -> list[dict[str, Any]]:
    """What was left since a moment, the newest first.

    Beside the table's columns: removed_at and removed_by, used_again_at, where the trail told.
    """
    return conn.execute(
        f"{_STATED} AND l.event_time >= %(moment)s"
        " ORDER BY l.event_time DESC, l.monthly_cost DESC NULLS LAST, l.resource_id"
        " LIMIT %(limit)s",
        {"tenant_id": tenant_id, "moment": moment, "limit": limit},
    ).fetchall()


def of_cause(conn: psycopg.Connection[Any], *, tenant_id: str, cause: UUID) -> list[dict[str, Any]]:
    """What one call left and is still there, as far as the trail tells."""
    rows = conn.execute(
        f"{_STATED} AND l.cause = %(cause)s ORDER BY l.monthly_cost DESC NULLS LAST, l.resource_id",
        {"tenant_id": tenant_id, "cause": cause},
    ).fetchall()
    return [row for row in rows if not (row["removed_at"] or row["used_again_at"])]
