"""Ends of launches whose answer named nothing, as spans; see `core.nameless`.

What a day brings changes the launches of the month before it and whatever came later: these are
worked out anew, and what older ones took is left to them. So days may arrive in any order.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg

from cost_pipeline.core.nameless import LOST, LOST_AFTER, Launch, Left, Stop, what_is_left

_TOUCH = """
INSERT INTO touched_resources
SELECT n.resource_id FROM resource_spans n
WHERE n.tenant_id = %(tenant_id)s AND n.nameless IS NOT NULL AND n.action = 'start'
  AND (n.partition_day >= %(day)s::date - %(days)s OR EXISTS (
    SELECT FROM resources r WHERE r.tenant_id = n.tenant_id AND r.resource_id = n.resource_id
      AND r.stopped_at IS NULL))
  AND n.resource_id NOT IN (SELECT resource_id FROM touched_resources)
"""

_FORGET = """
DELETE FROM resource_spans s USING touched_resources t
WHERE s.tenant_id = %(tenant_id)s AND s.resource_id = t.resource_id
  AND s.nameless IS NOT NULL AND s.action <> 'start'
  AND (s.resource_id, s.from_event) NOT IN (
    SELECT name, event FROM unnest(%(names)s::text[], %(events)s::uuid[]) AS known (name, event))
"""

_KINDS = """
SELECT account_id, region, resource_type, min(from_time) AS since, max(from_time) AS until,
  (SELECT max(partition_day) + 1 FROM resource_spans WHERE tenant_id = %(tenant_id)s) AS known
FROM resource_spans s JOIN touched_resources t USING (resource_id)
WHERE s.tenant_id = %(tenant_id)s AND s.nameless IS NOT NULL GROUP BY 1, 2, 3
"""

_OF_KIND = """tenant_id = %(tenant_id)s AND s.account_id = %(account_id)s
  AND s.region = %(region)s AND s.resource_type = %(resource_type)s"""

_LAUNCHES = f"""
SELECT DISTINCT ON (s.resource_id) s.*
FROM resource_spans s JOIN touched_resources USING (resource_id)
WHERE s.{_OF_KIND} AND s.nameless IS NOT NULL AND s.action = 'start'
ORDER BY s.resource_id, s.from_time
"""

_STOPS = f"""
WITH steps AS (
  SELECT s.from_event, s.action, s.nameless,
    lag(s.nameless) OVER (PARTITION BY s.resource_id ORDER BY s.nameless DESC) AS before
  FROM resource_spans s LEFT JOIN touched_resources t USING (resource_id)
  WHERE s.{_OF_KIND} AND s.nameless IS NOT NULL AND t.resource_id IS NULL
    AND s.from_time >= %(since)s - %(lost)s
), taken AS (
  SELECT from_event, sum(before - nameless) AS number FROM steps
  WHERE action <> 'start' GROUP BY 1
), stops AS (
  SELECT s.from_event, s.from_time, s.partition_day, s.actor, s.actor_kind, count(*) AS number
  FROM resource_spans s
  WHERE s.{_OF_KIND} AND s.action = 'stop' AND s.nameless IS NULL AND s.ends_with IS NULL
    AND s.from_time BETWEEN %(since)s AND %(until)s + %(lost)s
    AND NOT EXISTS (SELECT FROM resource_spans b
      WHERE b.tenant_id = s.tenant_id AND b.resource_id = s.resource_id
        AND (b.action = 'start' AND b.from_time <= s.from_time
          OR b.action = 'stop' AND (b.from_time, b.from_event) < (s.from_time, s.from_event)))
  GROUP BY 1, 2, 3, 4, 5
)
SELECT s.from_event, s.from_time, s.partition_day, s.actor, s.actor_kind,
  greatest(s.number - coalesce(t.number, 0), 0)::int AS number
FROM stops s LEFT JOIN taken t USING (from_event)
"""

_CHANGEABLE = (
    "from_time, partition_day, action, actor, actor_kind, rate_after, units, is_final, nameless"
)
_FRESH = ", ".join(f"excluded.{name}" for name in _CHANGEABLE.split(", "))
_STORED = ", ".join(f"s.{name}" for name in _CHANGEABLE.split(", "))

# What is as it was is left alone: what is written anew makes its day stale.
_PUT = f"""
INSERT INTO resource_spans AS s (
  tenant_id, resource_id, from_event, account_id, region, service, resource_type, {_CHANGEABLE})
VALUES (%(tenant_id)s, %(resource_id)s, %(from_event)s, %(account_id)s, %(region)s, %(service)s,
  %(resource_type)s, %(from_time)s, %(partition_day)s, %(action)s, %(actor)s, %(actor_kind)s,
  %(rate_after)s, %(units)s, %(is_final)s, %(nameless)s)
ON CONFLICT (tenant_id, resource_id, from_event) DO UPDATE SET ({_CHANGEABLE}) = ROW ({_FRESH})
WHERE ({_STORED}) IS DISTINCT FROM ({_FRESH})
"""


def touch(conn: psycopg.Connection[Any], scope: dict[str, Any]) -> int:
    """Adds to `touched_resources` the launches that a day may change; returns how many."""
    return conn.execute(_TOUCH, scope | {"days": LOST_AFTER.days + 1}).rowcount


def end(conn: psycopg.Connection[Any], scope: dict[str, Any]) -> None:
    """Works out the ends of the touched launches anew, from all that is known around them."""
    kinds = conn.execute(_KINDS, scope).fetchall()
    if not kinds:
        return
    ends = [row for kind in kinds for row in _ends(conn, scope | kind)]
    names, events = ([row[key] for row in ends] for key in ("resource_id", "from_event"))
    conn.execute(_FORGET, scope | {"names": names, "events": events})
    if ends:
        conn.cursor().executemany(_PUT, ends)


def _ends(conn: psycopg.Connection[Any], kind: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The ends of the touched launches of one kind, in one account and region."""
    about = kind | {"lost": LOST_AFTER + timedelta(days=1)}
    launches = {row["resource_id"]: row for row in conn.execute(_LAUNCHES, about).fetchall()}
    stops = {row["from_event"]: row for row in conn.execute(_STOPS, about).fetchall()}
    left = what_is_left(
        [_launch(row) for row in launches.values()],
        [Stop(row["from_event"], row["from_time"], row["number"]) for row in stops.values()],
        datetime.combine(kind["known"], datetime.min.time(), UTC),
    )
    for one in left:
        yield _row(one, launches[one.resource_id], stops.get(one.event))


def _launch(row: dict[str, Any]) -> Launch:
    return Launch(row["resource_id"], row["from_event"], row["from_time"], int(row["nameless"]))


def _row(left: Left, launch: dict[str, Any], stop: dict[str, Any] | None) -> dict[str, Any]:
    over = left.number == 0
    units = launch["units"]
    return {
        **launch,
        "from_event": left.event,
        "from_time": left.time,
        "partition_day": stop["partition_day"] if stop else left.time.date(),
        "action": "stop" if over else "change",
        "actor": stop["actor"] if stop else LOST,
        "actor_kind": stop["actor_kind"] if stop else "service",
        "rate_after": 0 if over else None,
        "units": None if over or units is None else units * left.number / launch["nameless"],
        "is_final": over,
        "nameless": left.number,
    }
