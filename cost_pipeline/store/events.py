"""Cost events as people ask for them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

import psycopg

from cost_pipeline.store import objects
from cost_pipeline.store.activity import RESOLVED_EVENTS

# A refused call is found by its id; an event by its time, which a row of a resource or an anomaly
# tells, or by its id where it is of a kind that has none. Every month is looked through for one
# whose resources are not worked out yet, and for no other.
_REFUSED = """
SELECT c.event_id, o.trail_id, o.key, coalesce(o.size, 0) AS size
FROM refused_calls c LEFT JOIN trail_objects o USING (object_id)
WHERE c.tenant_id = %(tenant_id)s AND c.id = %(call)s
"""
_TIMES = """
SELECT from_time AS at FROM resource_spans
WHERE tenant_id = %(tenant_id)s AND from_event = %(call)s
UNION
SELECT event_time FROM anomaly_events WHERE tenant_id = %(tenant_id)s AND cost_event_id = %(call)s
"""
_EVENT = """
SELECT c.event_id, o.trail_id, o.key, coalesce(o.size, 0) AS size
FROM cost_events c LEFT JOIN trail_objects o USING (object_id)
WHERE c.tenant_id = %(tenant_id)s AND c.id = %(call)s AND {}
"""
_AT_THESE = "c.event_time = ANY(%(times)s)"
_SPANLESS = "(c.action IN ('purchase', 'signal') OR cardinality(c.resource_ids) = 0)"
_ANY = "true"


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a call was read: its eventID, and the file, where that is still known."""

    event_id: str
    trail_id: int | None
    key: str | None
    size: int


def day_facts(conn: psycopg.Connection[Any], *, tenant_id: str, day: date) -> dict[str, Any]:
    """What a day came to: its files by state, events, unpriced ones, USD/h added and removed."""
    row = conn.execute(
        "SELECT count(*) AS events, count(*) FILTER (WHERE price_basis = 'unpriced'"
        " AND action IN ('start', 'change') AND resolved_hourly_cost IS NULL) AS unpriced,"
        " coalesce(sum(resolved_hourly_cost) FILTER (WHERE resolved_hourly_cost > 0), 0)"
        " AS added, coalesce(sum(resolved_hourly_cost) FILTER (WHERE resolved_hourly_cost < 0), 0)"
        " AS removed, max(event_time) AS last_event"
        f" FROM ({RESOLVED_EVENTS}) AS resolved",
        {"tenant_id": tenant_id, "day": day},
    ).fetchone()
    return {"day": day, **objects.day_states(conn, tenant_id=tenant_id, day=day), **(row or {})}


def origin(conn: psycopg.Connection[Any], *, tenant_id: str, call: UUID) -> Origin | None:
    """Where a call, done or refused, was read; None where there is no such call."""
    scope: dict[str, Any] = {"tenant_id": tenant_id, "call": call}
    row = conn.execute(_REFUSED, scope).fetchone()
    if row is None:
        scope["times"] = [found["at"] for found in conn.execute(_TIMES, scope)]
        for by in [_AT_THESE] if scope["times"] else [_SPANLESS, _ANY]:
            row = row or conn.execute(_EVENT.format(by), scope).fetchone()
    return Origin(**row) if row else None
