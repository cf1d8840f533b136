"""A day's cost events as columns, for detection: a million rows in seconds.

Postgres numbers the events in order of (time, id), hashes what they are about and the resources
they name, and sends whole columns as binary COPY; only events that are looked at one by one are
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
    one_time_cost::float8 AS one_time_cost, event_name, data->>'workload' AS workload,
    data->>'invoked_by' AS invoked_by
  FROM ({RESOLVED_EVENTS}) AS resolved
  UNION ALL
  SELECT id, event_id, event_time, account_id, region, service, resource_type, resource_class,
    action, actor, actor_kind, actor_principal, resource_ids, quantity, 0, 0, event_name,
    NULL, NULL
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
_EVENT_COLUMNS = f"""
SELECT extract(epoch FROM event_time)::float8, coalesce(hourly_cost, 'NaN'), one_time_cost,
  array_position(ARRAY[{", ".join(f"'{one}'" for one in ACTIONS)}], action)::int8 - 1, {_SUBJECT}
FROM day_events ORDER BY n
"""
_RESOURCE_COLUMNS = f"""
SELECT n::int8, {_HASH.format("resource_id")}
FROM day_events, unnest(CASE WHEN resource_ids = '{{}}' THEN ARRAY[id::text]
  ELSE resource_ids END) WITH ORDINALITY AS named(resource_id, place) ORDER BY n, place
"""
_DETAIL = """
SELECT id, event_id, event_time, account_id, region, service, resource_type, resource_class,
  action, actor, actor_kind, resource_ids, quantity::float8 AS quantity, hourly_cost,
  one_time_cost, event_name, actor_principal, workload, invoked_by
FROM day_events WHERE n = ANY(%s) ORDER BY array_position(%s, n)
"""
_HEADER, _TRAILER = 19, 2


def load(conn: psycopg.Connection[Any], *, tenant_id: str, day: date) -> DayColumns:
    """The day's columns, valid until the transaction ends."""
    scope = {"tenant_id": tenant_id, "day": day}
    conn.execute("DROP TABLE IF EXISTS day_events")
    conn.execute(_NUMBERED, scope)
    conn.execute("CREATE UNIQUE INDEX ON day_events (n)")
    conn.execute(_CLASSES, scope)
    events = _copied(conn, _EVENT_COLUMNS, ("f8", "f8", "f8", "i8", "i8"))
    resources = _copied(conn, _RESOURCE_COLUMNS, ("i8", "i8"))
    hashes, subjects = np.unique(events[4], return_inverse=True)
    about = {
        row["hash"]: row
        for row in conn.execute(
            f"SELECT DISTINCT ON (hash) {_SUBJECT} AS hash, {_ABOUT} FROM day_events ORDER BY hash"
        )
    }
    return DayColumns(
        time=events[0],
        action=events[3],
        hourly=events[1],
        once=events[2],
        subject=subjects.astype(np.int64).reshape(-1),
        subjects=[_subject(about[int(one)]) for one in hashes],
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


def _subject(row: dict[str, Any]) -> Subject:
    return subject(
        row["account_id"],
        row["actor"],
        row["actor_kind"],
        row["actor_principal"],
        row["workload"],
        row["invoked_by"],
        row["resource_type"],
        row["resource_class"],
        row["region"],
    )


def _copied(
    conn: psycopg.Connection[Any], query: str, kinds: tuple[str, ...]
) -> list[npt.NDArray[Any]]:
    """The columns of a query of 8-byte values without nulls."""
    with conn.cursor().copy(f"COPY ({query}) TO STDOUT (FORMAT BINARY)") as copy:
        content = b"".join(copy)
    fields = [("width", ">i2")]
    for number, kind in enumerate(kinds):
        fields += [(f"size{number}", ">i4"), (f"value{number}", f">{kind}")]
    rows = np.frombuffer(content[_HEADER : len(content) - _TRAILER], np.dtype(fields))
    return [
        np.ascontiguousarray(rows[f"value{number}"], dtype=kind)
        for number, kind in enumerate(kinds)
    ]
