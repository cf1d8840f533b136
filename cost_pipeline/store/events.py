"""Cost events as people ask for them."""

from __future__ import annotations

from datetime import date
from typing import Any

import psycopg

from cost_pipeline.store import objects
from cost_pipeline.store.activity import RESOLVED_EVENTS


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
