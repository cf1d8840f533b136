"""What CloudTrail told of the resources in a place: who made them, and what was done to them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import psycopg

# A call that names only what it frees (an association) is told of the address that it held;
# what a call left behind is told of the thing that was left, and of what it belonged to.
_KNOWN = """
WITH calls AS (
  SELECT s.resource_id, c.event_name, c.event_time, c.actor FROM resource_spans s
  JOIN cost_events c ON c.id = s.from_event AND c.event_time = s.from_time
    AND c.tenant_id = s.tenant_id
  WHERE s.tenant_id = %(tenant_id)s AND s.account_id = %(account_id)s AND s.region = %(region)s
    AND c.event_name = ANY(%(calls)s)
  UNION ALL
  SELECT h.child_id, f.event_name, f.event_time, f.actor FROM resource_links f
  JOIN resource_links h ON h.tenant_id = f.tenant_id AND h.handle = f.handle AND h.kind = 'holds'
  WHERE f.tenant_id = %(tenant_id)s AND f.account_id = %(account_id)s AND f.region = %(region)s
    AND f.kind = 'frees'
  UNION ALL
  SELECT resource_id, event_name, event_time, actor FROM leftovers
  WHERE tenant_id = %(tenant_id)s AND account_id = %(account_id)s AND region = %(region)s
), latest AS (
  SELECT DISTINCT ON (resource_id, event_name) * FROM calls
  ORDER BY resource_id, event_name, event_time DESC, actor
), events AS (
  SELECT resource_id, jsonb_object_agg(event_name, jsonb_build_array(event_time, actor)) AS events
  FROM latest GROUP BY resource_id
), makers AS (
  SELECT DISTINCT ON (l.resource_id) l.resource_id, p.created_by FROM leftovers l
  JOIN resources p ON p.tenant_id = l.tenant_id AND p.resource_id = l.parent_id
  WHERE l.tenant_id = %(tenant_id)s AND l.account_id = %(account_id)s AND l.region = %(region)s
    AND p.created_by IS NOT NULL
  ORDER BY l.resource_id, l.event_time DESC
), known AS (
  SELECT * FROM resources
  WHERE tenant_id = %(tenant_id)s AND account_id = %(account_id)s AND region = %(region)s
)
SELECT resource_id, coalesce(r.created_by, m.created_by) AS created_by, r.created_at,
  r.stopped_at, r.stopped_by, coalesce(e.events, '{}') AS events
FROM known r FULL JOIN events e USING (resource_id) LEFT JOIN makers m USING (resource_id)
"""


def known_resources(
    conn: psycopg.Connection[Any],
    *,
    tenant_id: str,
    account_id: str,
    region: str,
    calls: Sequence[str],
) -> list[dict[str, Any]]:
    """Of each resource: created_by, created_at, stopped_at, stopped_by and events.

    events maps the name of a call, of those asked for, to its last time and its actor.
    """
    return conn.execute(
        _KNOWN,
        {
            "tenant_id": tenant_id,
            "account_id": account_id,
            "region": region,
            "calls": list(calls),
        },
    ).fetchall()
