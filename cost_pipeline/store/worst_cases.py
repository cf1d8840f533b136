"""What calls allow at most, beside what they cost now; never part of a sum or a score."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import psycopg

from cost_pipeline.core.worst_case import BOUND, CALL, COUNT, HOURLY_COST, QUANTITY

# A group says how many; of what kind, its template (the last version before counts, or the one
# that was the default then), what defines the thing it scales, or what an earlier call about it
# came to a unit. Subqueries of a select list are run for the rows that are shown, and not for those
# that a limit leaves out. Their tables are called `thing`, `span`, `earlier`, `chain`, `up`.
# What they look up is worked out apart: row security lets no index be read by a taken apart `data`.
_HISTORY = """
(SELECT coalesce({c}.data->>'worst_case_of', {c}.resource_ids[1]) AS id OFFSET 0) thing
JOIN resource_spans span ON span.resource_id = thing.id
JOIN cost_events earlier ON earlier.id = span.from_event AND earlier.event_time = span.from_time
"""
_TEMPLATE = f"""
SELECT coalesce(earlier.data->'kept'->>'template', span.defined_by)
FROM {_HISTORY}
WHERE span.tenant_id = {{c}}.tenant_id
  AND span.from_time <= {{c}}.event_time
  AND (earlier.data->'kept' ? 'template' OR span.defined_by IS NOT NULL)
ORDER BY span.from_time DESC, span.from_event LIMIT 1
"""
_DEFINED = f"""
WITH RECURSIVE chain AS (
  SELECT ({_TEMPLATE}) AS definition, {{c}}.event_time AS at, NULL::uuid AS event,
    NULL::numeric AS defines_rate, NULL::numeric AS units, 0 AS depth
  UNION ALL
  SELECT up.same_as, up.from_time, up.from_event, up.defines_rate, up.units, chain.depth + 1
  FROM chain CROSS JOIN LATERAL (
    SELECT span.same_as, span.from_time, span.from_event, span.defines_rate, span.units
    FROM resource_spans span
    WHERE span.tenant_id = {{c}}.tenant_id AND span.resource_id = chain.definition
      AND span.from_time <= chain.at AND span.from_event IS DISTINCT FROM chain.event
      AND coalesce(span.defines_rate::text, span.same_as) IS NOT NULL
    ORDER BY span.from_time DESC, span.from_event LIMIT 1) up
  WHERE chain.defines_rate IS NULL AND chain.depth < 20
)
SELECT defines_rate / coalesce(nullif(units, 0), 1) FROM chain
WHERE defines_rate IS NOT NULL LIMIT 1
"""
_CAME_TO = f"""
SELECT coalesce((earlier.data->>'{HOURLY_COST}')::numeric
    / nullif((earlier.data->>'{QUANTITY}')::numeric, 0),
  earlier.hourly_cost / nullif(earlier.quantity, 0))
FROM {_HISTORY}
WHERE span.tenant_id = {{c}}.tenant_id
  AND span.from_time <= {{c}}.event_time
  AND (earlier.data ? '{HOURLY_COST}'
    OR earlier.action = 'start' AND earlier.hourly_cost > 0)
ORDER BY span.from_time DESC, span.from_event LIMIT 1
"""
_IS = f"""
(CASE WHEN {{c}}.data ? '{QUANTITY}' THEN coalesce({{c}}.data->>'{BOUND}', 'most') END)
"""
_COLUMNS = f"""
(CASE WHEN {{c}}.data ? '{QUANTITY}' THEN coalesce(
  ({{c}}.data->>'{HOURLY_COST}')::numeric,
  trim_scale(round(({{c}}.data->>'{QUANTITY}')::numeric
    * coalesce(({_DEFINED}), ({_CAME_TO})), 8))) END) AS {HOURLY_COST},
({{c}}.data->>'{QUANTITY}')::numeric AS {QUANTITY},
{_IS} AS {BOUND}
"""


def columns(event: str) -> str:
    """SQL of what the cost event that is called `event` allows at most: `worst_case.OF_CALL`.

    The cost is in USD, and null where nothing says of what kind the resources would be. All are
    null for most calls, which allow nothing more than they cost. For the select list of the rows
    that somebody looks at.
    """
    return _COLUMNS.format(c=event)


# The bounds of a group are found by the time of a call, among few, and not by the group's name: it
# names all that the group ever launched. What each comes to is looked up once for all anomalies,
# and their calls one by one, where a planner might read all calls of a month.
_WORST_CASES = f"""
WITH calls AS (
  SELECT e.anomaly_id, c.id, c.event_time, c.account_id, c.data->>'workload' AS workload,
    c.resource_ids, {_IS.format(c="c")} AS of_what
  FROM anomaly_events e CROSS JOIN LATERAL (
    SELECT * FROM cost_events WHERE id = e.cost_event_id AND event_time = e.event_time OFFSET 0
  ) AS c
  WHERE e.tenant_id = %(tenant_id)s AND e.anomaly_id = ANY(%(ids)s)
), launched AS (
  SELECT anomaly_id, account_id, workload, max(event_time) AS until FROM calls
  WHERE workload IS NOT NULL GROUP BY 1, 2, 3
), history AS (
  SELECT l.account_id, l.workload, c.id, c.event_time, c.resource_ids, c.of_what, lead(c.event_time)
    OVER (PARTITION BY l.account_id, l.workload, c.resource_ids, c.of_what
      ORDER BY c.event_time, c.id DESC) AS until
  FROM (SELECT account_id, workload, max(until) AS until FROM launched GROUP BY 1, 2) AS l
  CROSS JOIN LATERAL (
    SELECT id, event_time, resource_ids, {_IS.format(c="cost_events")} AS of_what FROM cost_events
    WHERE tenant_id = %(tenant_id)s AND account_id = l.account_id AND event_time <= l.until
      AND data ? '{QUANTITY}' AND data->>'workload' = l.workload
  ) AS c
), latest AS (
  SELECT DISTINCT ON (anomaly_id, resource_ids, of_what) anomaly_id, id, event_time
  FROM (
    SELECT anomaly_id, id, event_time, resource_ids, of_what FROM calls WHERE of_what IS NOT NULL
    UNION ALL
    SELECT l.anomaly_id, h.id, h.event_time, h.resource_ids, h.of_what
    FROM launched l JOIN history h USING (account_id, workload)
    WHERE h.event_time <= l.until AND coalesce(h.until > l.until, true)
  ) AS c
  ORDER BY anomaly_id, resource_ids, of_what, event_time DESC, id
), bounds AS MATERIALIZED (
  SELECT l.anomaly_ids, c.id, c.event_time, c.event_name, c.resource_ids, {columns("c")}, (
    SELECT r.stopped_at FROM resources r WHERE r.tenant_id = c.tenant_id
      AND r.resource_id = c.resource_ids[1] AND r.stopped_at <= %(at)s::timestamptz) AS stopped_at
  FROM (
    SELECT id, event_time, array_agg(anomaly_id) AS anomaly_ids FROM latest GROUP BY 1, 2
  ) AS l JOIN cost_events c USING (id, event_time)
), ranked AS (
  SELECT anomaly_id, bounds.*, count(*) FILTER (WHERE stopped_at IS NULL) OVER of_one AS standing,
    row_number() OVER (of_one ORDER BY stopped_at IS NOT NULL,
      {HOURLY_COST} DESC NULLS LAST, {QUANTITY} DESC, id) AS place
  FROM bounds CROSS JOIN unnest(anomaly_ids) AS anomaly_id
  WINDOW of_one AS (PARTITION BY anomaly_id)
)
SELECT anomaly_id, event_time, event_name, resource_ids, {QUANTITY} AS quantity,
  {BOUND} AS bound, {HOURLY_COST} AS hourly_cost, stopped_at, standing
FROM ranked WHERE place <= %(limit)s ORDER BY anomaly_id, place
"""


def worst_cases(
    conn: psycopg.Connection[Any], *, tenant_id: str, anomaly_id: UUID, limit: int = 10
) -> list[dict[str, Any]]:
    """The bounds that hold for an anomaly, the costliest first, after them those of what has ended.

    Its id is the current one. Each bound has event_time, event_name, resource_ids, quantity, bound
    (a `core.calls.Bound`; the latest of each counts), hourly_cost in USD, which is None where
    nothing says of what kind the resources would be, and stopped_at, when what they bound ended,
    which can grow no more. All say the same of `standing`, how many there are of what has not
    ended, whatever the limit.
    """
    return _found(conn, tenant_id, [anomaly_id], limit, None)


def with_worst_case(
    conn: psycopg.Connection[Any],
    rows: Sequence[dict[str, Any]],
    *,
    tenant_id: str,
    at: datetime | None = None,
) -> list[dict[str, Any]]:
    """Rows of anomalies, each with its `costliest` bound at a moment, or now."""
    found = _found(conn, tenant_id, [row["id"] for row in rows], 1, at)
    bounds = {one["anomaly_id"]: [one] for one in found}
    return [row | costliest(bounds.get(row["id"], ())) for row in rows]


def costliest(bounds: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """The first of an anomaly's bounds, as its row has it: `worst_case.OF_ANOMALY`.

    All are None where the anomaly can grow no further.
    """
    first = bounds[0] if bounds and bounds[0]["stopped_at"] is None else {}
    names = {
        HOURLY_COST: "hourly_cost",
        QUANTITY: "quantity",
        BOUND: "bound",
        CALL: "event_name",
        COUNT: "standing",
    }
    return {name: first.get(known) for name, known in names.items()}


def _found(
    conn: psycopg.Connection[Any], tenant_id: str, ids: list[UUID], limit: int, at: datetime | None
) -> list[dict[str, Any]]:
    scope = {"tenant_id": tenant_id, "ids": ids, "limit": limit, "at": at or "infinity"}
    return conn.execute(_WORST_CASES, scope).fetchall()
