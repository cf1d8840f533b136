"""A day's cost events as columns, for detection: a million rows in seconds.

Postgres numbers the events in order of (time, id), hashes what they are about and the resources
they name, and sends each column as one value; only events that are looked at one by one are
fetched in full.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

import numpy as np
import numpy.typing as npt
import psycopg

from cost_pipeline.core.day_columns import ACTIONS, DayColumns, subject
from cost_pipeline.core.detection_model import DayEvent
from cost_pipeline.core.detector_state import Subject
from cost_pipeline.store.activity import RESOLVED_EVENTS

# A stop that was delivered on an earlier day than the start it ends counts on the start's day.
_NUMBERED = f"""
CREATE TEMPORARY TABLE day_events ON COMMIT DROP AS
SELECT row_number() OVER (ORDER BY event_time, id) - 1 AS n, day_event.* FROM (
  SELECT id, event_id, event_time, account_id, region, service, resource_type, resource_class,
    action, actor, actor_kind, actor_principal, resource_ids, quantity,
    resolved_hourly_cost::float8 AS hourly_cost,
    resolved_one_time_cost::float8 AS one_time_cost, event_name, data->>'workload' AS workload,
    data->>'invoked_by' AS invoked_by,
    CASE WHEN action = 'purchase' THEN (data->>'committed_cost')::float8 END AS committed_cost
  FROM ({RESOLVED_EVENTS}) AS resolved
  UNION ALL
  SELECT id, event_id, event_time, account_id, region, service, resource_type, resource_class,
    action, actor, actor_kind, actor_principal, resource_ids, quantity, 0, 0, event_name,
    NULL, NULL, NULL
  FROM cost_events WHERE (event_time, id) IN (
    SELECT stop.from_time, stop.from_event
    FROM resource_spans s JOIN resource_spans stop USING (tenant_id, resource_id)
    WHERE s.tenant_id = %(tenant_id)s AND s.partition_day = %(day)s AND stop.action = 'stop'
      AND stop.partition_day BETWEEN %(day)s::date - 2 AND %(day)s::date - 1
      AND stop.from_time > s.from_time)
) AS day_event
"""

# StartInstances does not say which class it starts: the resource's history does.
_CLASSES = """
UPDATE day_events d SET resource_class = known.resource_class
FROM (
  SELECT DISTINCT ON (e.n) e.n, s.resource_class
  FROM day_events e JOIN resource_spans s
    ON s.tenant_id = %(tenant_id)s AND s.resource_id = e.resource_ids[1]
  WHERE e.resource_class IS NULL AND e.action IN ('start', 'change')
    AND s.resource_class IS NOT NULL AND s.from_time <= e.event_time
    AND s.partition_day <= %(day)s
  ORDER BY e.n, s.from_time DESC, s.from_event
) AS known WHERE d.n = known.n
"""

_ABOUT = """account_id, actor, actor_kind, actor_principal, workload, invoked_by, resource_type,
  resource_class, region"""
_HASH = "('x' || substr(md5({}), 1, 16))::bit(64)::bigint"
_SUBJECT = _HASH.format(f"ROW({_ABOUT})::text")
_ACTIONS = ", ".join(f"'{one}'" for one in ACTIONS)
_ACTION = f"array_position(ARRAY[{_ACTIONS}], action)::int8 - 1"
_EVENT_COLUMNS = {
    "extract(epoch FROM event_time)::float8": ">f8",
    "coalesce(hourly_cost, 'NaN')": ">f8",
    "one_time_cost": ">f8",
    _ACTION: ">i8",
    _SUBJECT: ">i8",
}
_RESOURCE_COLUMNS = {"n::int8": ">i8", _HASH.format("resource_id"): ">i8"}
_NAMED_RESOURCES = """
day_events, unnest(CASE WHEN resource_ids = '{}' THEN ARRAY[id::text]
  ELSE resource_ids END) WITH ORDINALITY AS named(resource_id, place)
"""
_DETAIL = """
SELECT id, event_id, event_time, account_id, region, service, resource_type, resource_class,
  action, actor, actor_kind, resource_ids, quantity::float8 AS quantity, hourly_cost,
  one_time_cost, event_name, actor_principal, workload, invoked_by, committed_cost
FROM day_events WHERE n = ANY(%s) ORDER BY array_position(%s, n)
"""


def load(conn: psycopg.Connection[Any], *, tenant_id: str, day: date) -> DayColumns:
    """The day's columns, valid until the transaction ends."""
    scope = {"tenant_id": tenant_id, "day": day}
    conn.execute("DROP TABLE IF EXISTS day_events")
    conn.execute(_NUMBERED, scope)
    conn.execute("CREATE UNIQUE INDEX ON day_events (n)")
    conn.execute(_CLASSES, scope)
    events = _columns(conn, _EVENT_COLUMNS, "day_events", "n")
    resources = _columns(conn, _RESOURCE_COLUMNS, _NAMED_RESOURCES, "n, place")
    _, firsts, codes = np.unique(events[4], return_index=True, return_inverse=True)
    numbers, subjects = _distinct(_subjects(conn, firsts.tolist()))
    return DayColumns(
        time=events[0],
        action=events[3],
        hourly=events[1],
        once=events[2],
        subject=numbers[codes.reshape(-1)],
        subjects=subjects,
        of_event=resources[0],
        resource=resources[1],
        detail=lambda wanted: detail(conn, wanted),
        ids=lambda wanted: _ids(conn, wanted),
    )


def detail(conn: psycopg.Connection[Any], wanted: Sequence[int]) -> list[DayEvent]:
    """Events of the loaded day in full, by their numbers, in that order."""
    rows = conn.execute(_DETAIL, [list(wanted), list(wanted)])
    return [DayEvent(**(row | {"resource_ids": tuple(row["resource_ids"])})) for row in rows]


def _ids(conn: psycopg.Connection[Any], wanted: Sequence[int]) -> list[tuple[str, str]]:
    if not wanted:
        return []
    rows = conn.execute(
        "SELECT n, id::text AS id, event_id FROM day_events WHERE n = ANY(%s)",
        [[int(one) for one in wanted]],
    )
    known = {row["n"]: (row["id"], row["event_id"]) for row in rows}
    return [known[int(one)] for one in wanted]


def _subjects(conn: psycopg.Connection[Any], numbers: list[int]) -> list[Subject]:
    """What these events are about, in this order."""
    rows = conn.execute(f"SELECT n, {_ABOUT} FROM day_events WHERE n = ANY(%s)", [numbers])
    about = {row.pop("n"): subject(*row.values()) for row in rows}
    return [about[number] for number in numbers]


def _distinct(subjects: Sequence[Subject]) -> tuple[npt.NDArray[np.int64], tuple[Subject, ...]]:
    """The number of each among the distinct ones: what differs in SQL may be one subject."""
    numbers: dict[Subject, int] = {}
    codes = [numbers.setdefault(one, len(numbers)) for one in subjects]
    return np.array(codes, np.int64), tuple(numbers)


def _columns(
    conn: psycopg.Connection[Any], kinds: dict[str, str], table: str, order: str
) -> list[npt.NDArray[Any]]:
    """Columns of 8-byte values without nulls, by expression: each comes as one binary value."""
    wanted = ", ".join(
        f"string_agg({'float8send' if kind.endswith('f8') else 'int8send'}({column}), ''::bytea"
        f" ORDER BY {order}) AS c{number}"
        for number, (column, kind) in enumerate(kinds.items())
    )
    row = conn.execute(f"SELECT {wanted} FROM {table}", binary=True).fetchone() or {}
    return [
        np.frombuffer(column or b"", kind).astype(kind[1:])
        for column, kind in zip(row.values(), kinds.values(), strict=True)
    ]
