"""What runs, since when and whose: a projection of the cost events on each resource.

`resource_spans` holds one row for each (resource, event): the rate of the resource from that
event to the next one. A day brings the rows of its own events; the derived columns of every
resource it touches are then worked out again from all its rows, in the order of event time.
So days may arrive in any order, and be rerun, and end in the same rows.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import psycopg

from cost_pipeline.store import definitions, nameless

_TOUCHED = """
CREATE TEMPORARY TABLE touched_resources ON COMMIT DROP AS
SELECT resource_id FROM resource_spans
WHERE tenant_id = %(tenant_id)s AND partition_day = %(day)s
UNION
SELECT unnest(resource_ids) FROM cost_events
WHERE tenant_id = %(tenant_id)s AND partition_day = %(day)s
  AND action IN ('start', 'change', 'stop')
"""

# Whatever refers to a definition, ends with a machine, or is a copy of something, that this day
# brings or takes, is worked out again too; so is what refers to that, or is a copy of it.
_TOUCHED_BY_REFERENCE = """
WITH RECURSIVE referring AS (
  SELECT resource_id FROM touched_resources
  UNION
  SELECT s.resource_id FROM referring r CROSS JOIN LATERAL (
    SELECT resource_id FROM resource_spans
    WHERE tenant_id = %(tenant_id)s AND sized_by = r.resource_id
    UNION ALL
    SELECT resource_id FROM resource_spans
    WHERE tenant_id = %(tenant_id)s AND defined_by = r.resource_id
    UNION ALL
    SELECT resource_id FROM resource_spans
    WHERE tenant_id = %(tenant_id)s AND same_as = r.resource_id
    UNION ALL
    SELECT resource_id FROM resource_spans
    WHERE tenant_id = %(tenant_id)s AND ends_with = r.resource_id) s
)
INSERT INTO touched_resources
SELECT resource_id FROM referring
WHERE resource_id NOT IN (SELECT resource_id FROM touched_resources)
"""

_FORGET_DAY = """
DELETE FROM resource_spans WHERE tenant_id = %(tenant_id)s AND partition_day = %(day)s
"""

_INSERT_DAY = """
INSERT INTO resource_spans (
  tenant_id, resource_id, from_event, from_time, partition_day, account_id, region, service,
  resource_type, resource_class, action, actor, actor_kind, rate_after, stated_delta,
  units, unit_rate, defined_by, defines_rate, ends_with, is_final, size_gb, sized_by, assumed_gb,
  same_as, nameless)
SELECT DISTINCT ON (resource_id, id)
  tenant_id, resource_id, id, event_time, partition_day, account_id, region, service,
  resource_type, resource_class, action, actor, actor_kind, rate_after,
  hourly_cost / cardinality(resource_ids),
  CASE WHEN action <> 'stop'
    THEN coalesce(said.units,
      CASE WHEN rate_after IS NOT NULL AND NOT data ? 'rate' THEN 1 END) END,
  CASE WHEN action <> 'stop' THEN coalesce(
    said.unit_rate, rate_after / nullif(coalesce(said.units, 1), 0)) END,
  data->>'defined_by', (data->>'rate')::numeric,
  substr(resource_id, length(data->>'ends_with') + 1), data ? 'final',
  (data->>'size_gb')::numeric, data->>'sized_by', (data->>'assumed_gb')::numeric,
  data->>'same_as', (data->>'nameless')::numeric
FROM cost_events, unnest(resource_ids) AS resource_id, LATERAL (
  SELECT (data->>'units')::numeric AS units, (data->>'unit_rate')::numeric AS unit_rate) AS said
WHERE tenant_id = %(tenant_id)s AND partition_day = %(day)s
  AND action IN ('start', 'change', 'stop')
ON CONFLICT (tenant_id, resource_id, from_event) DO UPDATE SET
  partition_day = least(resource_spans.partition_day, excluded.partition_day),
  rate_after = excluded.rate_after, stated_delta = excluded.stated_delta,
  units = excluded.units, unit_rate = excluded.unit_rate,
  defined_by = excluded.defined_by, defines_rate = excluded.defines_rate,
  ends_with = excluded.ends_with, is_final = excluded.is_final, size_gb = excluded.size_gb,
  sized_by = excluded.sized_by, assumed_gb = excluded.assumed_gb,
  same_as = excluded.same_as, nameless = excluded.nameless
"""

_FORGET_ENDS = """
DELETE FROM resource_spans s USING touched_resources t
WHERE s.tenant_id = %(tenant_id)s AND s.resource_id = t.resource_id
  AND s.ends_with IS NOT NULL AND s.action = 'stop'
  AND NOT EXISTS (SELECT FROM resource_spans e WHERE e.tenant_id = s.tenant_id
    AND e.resource_id = s.ends_with AND e.from_event = s.from_event AND e.is_final)
"""

# What ends with another has no call of its own for that: the other's final stop is its end.
_INSERT_ENDS = """
INSERT INTO resource_spans AS known (
  tenant_id, resource_id, from_event, from_time, partition_day, account_id, region, service,
  resource_type, resource_class, action, actor, actor_kind, rate_after, ends_with)
SELECT DISTINCT ON (s.resource_id, e.from_event)
  s.tenant_id, s.resource_id, e.from_event, e.from_time, e.partition_day, s.account_id, s.region,
  s.service, s.resource_type, NULL, e.action, e.actor, e.actor_kind, 0, s.ends_with
FROM resource_spans s JOIN touched_resources USING (resource_id)
JOIN resource_spans e ON e.tenant_id = s.tenant_id AND e.resource_id = s.ends_with AND e.is_final
WHERE s.tenant_id = %(tenant_id)s AND s.ends_with IS NOT NULL
ORDER BY s.resource_id, e.from_event, s.from_time
ON CONFLICT (tenant_id, resource_id, from_event) DO UPDATE SET
  from_time = excluded.from_time, partition_day = excluded.partition_day,
  actor = excluded.actor, actor_kind = excluded.actor_kind
WHERE known.ends_with IS NOT NULL AND known.action = 'stop'
  AND (known.from_time, known.partition_day, known.actor, known.actor_kind) IS DISTINCT FROM
    (excluded.from_time, excluded.partition_day, excluded.actor, excluded.actor_kind)
"""

# A copy is as large as what it was copied from was then, or as what that was copied from; where
# no record tells, as large as its call's entry assumes.
_SIZE_COPIES = """
WITH RECURSIVE up AS (
  SELECT s.resource_id, s.from_event, s.from_time, s.sized_by, NULL::numeric AS size_gb, 0 AS depth
  FROM resource_spans s JOIN touched_resources USING (resource_id)
  WHERE s.tenant_id = %(tenant_id)s AND s.sized_by IS NOT NULL
  UNION ALL
  SELECT u.resource_id, u.from_event, u.from_time, r.sized_by, r.size_gb, u.depth + 1
  FROM up u CROSS JOIN LATERAL (
    SELECT r.size_gb, r.sized_by FROM resource_spans r
    WHERE r.tenant_id = %(tenant_id)s AND r.resource_id = u.sized_by
      AND r.from_time <= u.from_time AND coalesce(r.size_gb::text, r.sized_by) IS NOT NULL
    ORDER BY r.from_time DESC, r.from_event LIMIT 1) r
  WHERE u.size_gb IS NULL AND u.depth < 20
), sized AS (
  SELECT resource_id, from_event, max(size_gb) AS size_gb FROM up GROUP BY 1, 2
)
UPDATE resource_spans s SET units = coalesce(sized.size_gb, s.assumed_gb)
FROM sized WHERE s.tenant_id = %(tenant_id)s AND s.resource_id = sized.resource_id
  AND s.from_event = sized.from_event
  AND s.units IS DISTINCT FROM coalesce(sized.size_gb, s.assumed_gb)
"""

# CloudTrail's clock ticks in seconds: within one, a thing starts before it changes or stops.
_ORDER = """
resource_id, from_time,
CASE action WHEN 'start' THEN 0 WHEN 'change' THEN 1 ELSE 2 END, from_event
"""

# The rate in force is the number of units times the price of one, each the last known one: a
# call that says only one of them changes that one. The price of one may stand in a definition
# (an endpoint configuration, a task definition, a launch template), in the last version before.
# Both are carried over events that do not say them and through stops; while the last start or
# stop is a stop the rate is zero, so that a stopped machine that is resized costs nothing until
# it starts. A change that says neither, only what it adds, adds to the last known rate.
_DERIVE = f"""
WITH numbered AS (
  SELECT s.*, row_number() OVER (PARTITION BY resource_id ORDER BY {_ORDER}) AS position,
    coalesce(s.unit_rate, d.defined_rate) AS one, coalesce(s.units, d.defined_units) AS number
  FROM resource_spans s JOIN touched_resources USING (resource_id)
  LEFT JOIN said_by_definitions d USING (resource_id, from_event)
  WHERE tenant_id = %(tenant_id)s
), grouped AS (
  SELECT *,
    count(one) OVER w AS ones_seen,
    count(number) OVER w AS numbers_seen,
    count(coalesce(one, number)) OVER w AS rates_seen,
    count(*) FILTER (WHERE action <> 'change') OVER w AS states_seen,
    CASE WHEN action = 'change' AND coalesce(rate_after, one, number) IS NULL
      THEN coalesce(stated_delta, 0) ELSE 0 END AS added
  FROM numbered WINDOW w AS (PARTITION BY resource_id ORDER BY position)
), carried AS (
  SELECT *,
    CASE WHEN rates_seen > 0 THEN sum(added) OVER (
        PARTITION BY resource_id, rates_seen ORDER BY position) + coalesce(
      first_value(CASE WHEN action <> 'stop' THEN rate_after END) OVER (
        PARTITION BY resource_id, rates_seen ORDER BY position),
      CASE WHEN ones_seen > 0 THEN first_value(one) OVER (
        PARTITION BY resource_id, ones_seen ORDER BY position) END
      * CASE WHEN numbers_seen > 0 THEN first_value(number) OVER (
        PARTITION BY resource_id, numbers_seen ORDER BY position) ELSE 1 END) END AS known_rate,
    CASE WHEN states_seen > 0 THEN first_value(action) OVER (
      PARTITION BY resource_id, states_seen ORDER BY position) END AS state
  FROM grouped
), rated AS (
  SELECT *, CASE WHEN state = 'stop' THEN 0 ELSE known_rate END AS rate FROM carried
), derived AS (
  SELECT resource_id, from_event, rate,
    lead(from_event) OVER w AS next_event,
    lead(from_time) OVER w AS next_time,
    CASE WHEN position = 1 AND action = 'start' THEN rate
      ELSE coalesce(rate - lag(rate) OVER w, stated_delta) END AS change
  FROM rated WINDOW w AS (PARTITION BY resource_id ORDER BY position)
)
UPDATE resource_spans s
SET hourly_cost = d.rate, delta = d.change, to_event = d.next_event, to_time = d.next_time,
  derived_at = CASE WHEN (s.hourly_cost, s.delta) IS DISTINCT FROM (d.rate, d.change)
    THEN clock_timestamp() ELSE s.derived_at END
FROM derived d
WHERE s.tenant_id = %(tenant_id)s
  AND s.resource_id = d.resource_id AND s.from_event = d.from_event
  AND (s.hourly_cost, s.delta, s.to_event, s.to_time)
    IS DISTINCT FROM (d.rate, d.change, d.next_event, d.next_time)
"""

_FORGET_TOUCHED = """
DELETE FROM resources r USING touched_resources t
WHERE r.tenant_id = %(tenant_id)s AND r.resource_id = t.resource_id
"""

_PROJECT = f"""
INSERT INTO resources (
  tenant_id, resource_id, account_id, region, service, resource_type, resource_class,
  hourly_cost, created_by, created_at, stopped_at, stopped_by, last_event, last_event_time)
WITH spans AS MATERIALIZED (
  SELECT s.* FROM resource_spans s JOIN touched_resources USING (resource_id)
  WHERE tenant_id = %(tenant_id)s
), last_span AS (
  SELECT * FROM spans WHERE to_event IS NULL
), first_start AS (
  SELECT DISTINCT ON (resource_id) resource_id, actor, from_time FROM spans
  WHERE action = 'start' ORDER BY {_ORDER}
), last_state AS (
  SELECT DISTINCT ON (resource_id) resource_id, action, actor, from_time FROM spans
  WHERE action <> 'change' ORDER BY resource_id, from_time DESC,
    CASE action WHEN 'stop' THEN 0 ELSE 1 END, from_event DESC
), last_class AS (
  SELECT DISTINCT ON (resource_id) resource_id, resource_class FROM spans
  WHERE resource_class IS NOT NULL ORDER BY resource_id, from_time DESC, from_event
)
SELECT %(tenant_id)s, l.resource_id, l.account_id, l.region, l.service, l.resource_type,
  c.resource_class, l.hourly_cost, f.actor, f.from_time,
  CASE WHEN s.action = 'stop' THEN s.from_time END,
  CASE WHEN s.action = 'stop' THEN s.actor END, l.from_event, l.from_time
FROM last_span l
LEFT JOIN first_start f USING (resource_id)
LEFT JOIN last_state s USING (resource_id)
LEFT JOIN last_class c USING (resource_id)
"""

_STEPS = (
    _FORGET_ENDS,
    _INSERT_ENDS,
    _SIZE_COPIES,
    definitions.FORGET,
    definitions.LOOK_UP,
    _DERIVE,
    _FORGET_TOUCHED,
    _PROJECT,
)

_SPENT = """
SELECT coalesce(sum(hourly_cost * extract(epoch FROM
  least(coalesce(to_time, %(at)s), %(at)s) - greatest(from_time, %(since)s)) / 3600), 0) AS spent
FROM resource_spans
WHERE tenant_id = %(tenant_id)s AND resource_id = ANY(%(resource_ids)s)
  AND from_time < %(at)s AND coalesce(to_time, %(at)s) > %(since)s
"""


def rebuild(conn: psycopg.Connection[Any], *, tenant_id: str, day: date) -> int:
    """Works out again every resource that the events of `day` touch, or touched before.

    Runs in the caller's transaction, under the tenant's folding lock.

    Returns:
        How many resources were worked out.
    """
    scope = {"tenant_id": tenant_id, "day": day}
    conn.execute("DROP TABLE IF EXISTS touched_resources")
    touched = conn.execute(_TOUCHED, scope).rowcount
    touched += nameless.touch(conn, scope)
    touched += conn.execute(_TOUCHED_BY_REFERENCE, scope).rowcount
    conn.execute("ANALYZE touched_resources")
    conn.execute(_FORGET_DAY, scope)
    conn.execute(_INSERT_DAY, scope)
    nameless.end(conn, scope)
    for statement in _STEPS:
        conn.execute(statement, scope)
    return touched


def spent(
    conn: psycopg.Connection[Any],
    *,
    tenant_id: str,
    resource_ids: Sequence[str],
    since: datetime,
    at: datetime,
) -> Decimal:
    """USD that these resources together have cost between two moments, at the known rates."""
    row = conn.execute(
        _SPENT,
        {"tenant_id": tenant_id, "resource_ids": list(resource_ids), "since": since, "at": at},
    ).fetchone()
    return Decimal(row["spent"]) if row else Decimal(0)
