"""What each account did with each resource type on one day: the day's grain of the baselines.

Sums are taken over `numeric`, so that they are exact and no order of rows changes a bit of
them; count, mean and m2 (the sum of squared deviations) merge over days by Chan's formula.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import date
from typing import Any
from uuid import UUID

import psycopg

RESOLVED_EVENTS = """
SELECT e.*, coalesce(e.hourly_cost, d.delta) AS resolved_hourly_cost,
  CASE WHEN d.size_gb IS NOT NULL AND e.data ? 'unit_once'
    THEN d.size_gb * (e.data->>'unit_once')::numeric
    ELSE e.one_time_cost END AS resolved_one_time_cost
FROM cost_events e
LEFT JOIN (
  SELECT from_event, sum(delta) AS delta,
    sum(units) FILTER (WHERE sized_by IS NOT NULL) AS size_gb
  FROM resource_spans
  WHERE tenant_id = %(tenant_id)s AND partition_day = %(day)s
  GROUP BY from_event
) d ON d.from_event = e.id
WHERE e.tenant_id = %(tenant_id)s AND e.partition_day = %(day)s
"""
"""The day's cost events with what they change an hour, and cost once: as the record says or else,
for all its resources together, as the history of each resource (the size of a source) tells."""

_CONSIDERED = f"""
CREATE TEMPORARY TABLE considered_events ON COMMIT DROP AS
SELECT id, account_id, resource_type, actor, region, resource_class, event_time,
  resolved_one_time_cost AS one_time_cost, resolved_hourly_cost AS cost
FROM ({RESOLVED_EVENTS}) AS resolved
WHERE action IN ('start', 'change', 'purchase')
"""

_COLUMNS = """tenant_id, account_id, resource_type, day, event_count, mean, m2, hourly_added,
  one_time, actors, regions, classes"""


def _seen(column: str, name: str) -> str:
    """The CTE `name`: for each pair, what was seen in `column`, how often, when, for how much."""
    return f"""{name} AS (
  SELECT account_id, resource_type, jsonb_object_agg({column}, jsonb_build_object(
      'events', events, 'hourly_added', added, 'first', first_seen, 'last', last_seen)) AS {name}
  FROM (
    SELECT account_id, resource_type, {column}, count(*) AS events,
      coalesce(sum(cost) FILTER (WHERE cost > 0), 0) AS added,
      min(event_time) AS first_seen, max(event_time) AS last_seen
    FROM kept WHERE {column} IS NOT NULL GROUP BY 1, 2, 3
  ) AS counted GROUP BY 1, 2
)"""


def _summarise(table: str, pairs_where: str) -> str:
    """Inserts into `table` a row for each pair for which `pairs_where` holds."""
    return f"""
WITH pairs AS (
  SELECT account_id, resource_type FROM considered_events
  GROUP BY 1, 2 HAVING {pairs_where}
), kept AS MATERIALIZED (
  SELECT * FROM considered_events WHERE id <> ALL(%(excluded)s)
), moments AS (
  SELECT account_id, resource_type, count(*) AS event_count, avg(cost) AS mean,
    sum(cost) AS hourly_added
  FROM kept WHERE cost > 0 GROUP BY 1, 2
), spread AS (
  SELECT account_id, resource_type, sum((cost - mean) ^ 2) AS m2
  FROM kept JOIN moments USING (account_id, resource_type) WHERE cost > 0 GROUP BY 1, 2
), purchases AS (
  SELECT account_id, resource_type, sum(one_time_cost) AS one_time FROM kept GROUP BY 1, 2
), {_seen("actor", "actors")}, {_seen("region", "regions")},
{_seen("resource_class", "classes")}
INSERT INTO {table} ({_COLUMNS})
SELECT %(tenant_id)s, account_id, resource_type, %(day)s, coalesce(event_count, 0),
  coalesce(mean, 0)::float8, coalesce(m2, 0)::float8, coalesce(hourly_added, 0),
  coalesce(one_time, 0), coalesce(actors, '{{}}'), coalesce(regions, '{{}}'),
  coalesce(classes, '{{}}')
FROM pairs
LEFT JOIN moments USING (account_id, resource_type)
LEFT JOIN spread USING (account_id, resource_type)
LEFT JOIN purchases USING (account_id, resource_type)
LEFT JOIN actors USING (account_id, resource_type)
LEFT JOIN regions USING (account_id, resource_type)
LEFT JOIN classes USING (account_id, resource_type)
"""


_ALL_PAIRS = _summarise("activity", "true")
_TRAINED_PAIRS = _summarise("activity_trained", "bool_or(id = ANY(%(excluded)s))")


def rebuild(conn: psycopg.Connection[Any], *, tenant_id: str, day: date) -> int:
    """Replaces the day's rows of `activity`; returns how many (account, resource type) there are.

    Only starts, changes and purchases count; their hourly cost where it rose.
    """
    scope = {"tenant_id": tenant_id, "day": day, "excluded": []}
    conn.execute("DELETE FROM activity WHERE tenant_id = %(tenant_id)s AND day = %(day)s", scope)
    _consider(conn, scope)
    return conn.execute(_ALL_PAIRS, scope).rowcount


def rebuild_trained(
    conn: psycopg.Connection[Any], *, tenant_id: str, day: date, excluded: Collection[UUID]
) -> int:
    """Replaces the day's rows of `activity_trained`: what baselines learn in place of `activity`.

    There is a row only where an event of `excluded` (the anomalous ones that nobody confirmed)
    is left out. Returns how many rows there are.
    """
    scope = {"tenant_id": tenant_id, "day": day, "excluded": sorted(excluded)}
    conn.execute(
        "DELETE FROM activity_trained WHERE tenant_id = %(tenant_id)s AND day = %(day)s", scope
    )
    if not excluded:
        return 0
    _consider(conn, scope)
    return conn.execute(_TRAINED_PAIRS, scope).rowcount


def _consider(conn: psycopg.Connection[Any], scope: dict[str, Any]) -> None:
    conn.execute("DROP TABLE IF EXISTS considered_events")
    conn.execute(_CONSIDERED, scope)
