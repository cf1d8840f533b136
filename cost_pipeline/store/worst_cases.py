"""What the calls behind an anomaly, and what launched their resources, allow at most."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import psycopg

from cost_pipeline.store.aliases import current_id

# A group says how many; of what kind, its template (the last version before counts, or the one
# that was the default then), what defines the thing it scales, or what an earlier call about it
# came to a unit.
_WORST_CASES = """
WITH calls AS (
  SELECT c.id, c.event_time, c.account_id, c.data->>'workload' AS workload
  FROM anomaly_events e JOIN cost_events c ON c.id = e.cost_event_id
    AND c.event_time = e.event_time
  WHERE e.tenant_id = %(tenant_id)s AND e.anomaly_id = %(id)s
), bounds AS (
  SELECT id, event_time FROM calls
  UNION
  SELECT p.id, p.event_time FROM (
    SELECT account_id, workload, max(event_time) AS until FROM calls
    WHERE workload IS NOT NULL GROUP BY 1, 2) w
  JOIN cost_events p ON p.tenant_id = %(tenant_id)s AND p.account_id = w.account_id
    AND p.data->>'workload' = w.workload AND p.event_time <= w.until
), latest AS (
  SELECT DISTINCT ON (c.resource_ids, bound) c.event_time, c.event_name, c.resource_ids,
    coalesce(c.data->>'worst_case_is', 'most') AS bound,
    coalesce(c.data->>'worst_case_of', c.resource_ids[1]) AS of_what,
    (c.data->>'worst_case_quantity')::numeric AS quantity,
    (c.data->>'worst_case_hourly_cost')::numeric AS hourly_cost
  FROM bounds b JOIN cost_events c ON c.id = b.id AND c.event_time = b.event_time
  WHERE c.tenant_id = %(tenant_id)s AND c.data ? 'worst_case_quantity'
  ORDER BY c.resource_ids, bound, c.event_time DESC, c.id
)
SELECT l.event_time, l.event_name, l.resource_ids, l.quantity, l.bound,
  coalesce(l.hourly_cost, l.quantity * t.one, l.quantity * u.one) AS hourly_cost
FROM latest l
LEFT JOIN LATERAL (
  SELECT coalesce(k.data->'kept'->>'template', s.defined_by) AS template
  FROM resource_spans s JOIN cost_events k ON k.id = s.from_event AND k.event_time = s.from_time
  WHERE s.tenant_id = %(tenant_id)s AND s.resource_id = l.of_what
    AND s.from_time <= l.event_time
    AND (k.data->'kept' ? 'template' OR s.defined_by IS NOT NULL)
  ORDER BY s.from_time DESC, s.from_event LIMIT 1) k ON true
LEFT JOIN LATERAL (
  WITH RECURSIVE up AS (
    SELECT k.template AS definition, l.event_time AS at, NULL::uuid AS event,
      NULL::numeric AS defines_rate, NULL::numeric AS units, 0 AS depth
    UNION ALL
    SELECT d.same_as, d.from_time, d.from_event, d.defines_rate, d.units, u.depth + 1
    FROM up u CROSS JOIN LATERAL (
      SELECT d.same_as, d.from_time, d.from_event, d.defines_rate, d.units
      FROM resource_spans d
      WHERE d.tenant_id = %(tenant_id)s AND d.resource_id = u.definition
        AND d.from_time <= u.at AND d.from_event IS DISTINCT FROM u.event
        AND coalesce(d.defines_rate::text, d.same_as) IS NOT NULL
      ORDER BY d.from_time DESC, d.from_event LIMIT 1) d
    WHERE u.defines_rate IS NULL AND u.depth < 20
  )
  SELECT defines_rate / coalesce(nullif(units, 0), 1) AS one
  FROM up WHERE defines_rate IS NOT NULL) t ON true
LEFT JOIN LATERAL (
  SELECT coalesce((e.data->>'worst_case_hourly_cost')::numeric
      / nullif((e.data->>'worst_case_quantity')::numeric, 0),
    e.hourly_cost / nullif(e.quantity, 0)) AS one
  FROM resource_spans s JOIN cost_events e ON e.id = s.from_event AND e.event_time = s.from_time
  WHERE s.tenant_id = %(tenant_id)s AND s.resource_id = l.of_what
    AND s.from_time <= l.event_time AND l.hourly_cost IS NULL
    AND (e.data ? 'worst_case_hourly_cost' OR e.action = 'start' AND e.hourly_cost > 0)
  ORDER BY s.from_time DESC, s.from_event LIMIT 1) u ON true
ORDER BY hourly_cost DESC NULLS LAST, l.quantity DESC LIMIT %(limit)s
"""


def worst_cases(
    conn: psycopg.Connection[Any], *, tenant_id: str, anomaly_id: UUID, limit: int = 10
) -> list[dict[str, Any]]:
    """The bounds that hold for an anomaly, the costliest first.

    Each has event_time, event_name, resource_ids, quantity, bound (a `core.calls.Bound`; the
    latest of each counts), and hourly_cost in USD, which is None where nothing says of what kind
    the resources would be.
    """
    current = current_id(conn, tenant_id=tenant_id, anomaly_id=anomaly_id)
    scope = {"tenant_id": tenant_id, "id": current, "limit": limit}
    return conn.execute(_WORST_CASES, scope).fetchall()
