"""What detection reads from Postgres, and the state that it keeps there."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

import msgspec
import psycopg
from psycopg.types.json import Jsonb

from cost_pipeline.core.detection_model import DayEvent, Decision, DetectorState, RefusedRun
from cost_pipeline.core.expected import ExpectedChange

_FORMAT = "5"
"""How a state is written: one of another format is folded again."""

_REFUSED = """
SELECT count, id, event_id, event_time, account_id, region, service, actor, actor_kind, event_name
FROM (
  SELECT *, split_part(event_source, '.', 1) AS service,
    row_number() OVER (PARTITION BY account_id, actor ORDER BY event_time, id) AS place,
    count(*) OVER (PARTITION BY account_id, actor)::int AS count
  FROM refused_calls WHERE tenant_id = %(tenant_id)s AND partition_day = %(day)s
    AND error_code !~ '(Capacity|Throttl|RequestLimit|Unavailable|Internal)'
) AS refused
WHERE place = least(%(many)s, count) ORDER BY event_time, id
"""


def refused_calls(
    conn: psycopg.Connection[Any], *, tenant_id: str, day: date, many: int
) -> list[RefusedRun]:
    """Whose calls AWS refused on a day for want of rights or quota, and how many of them.

    Each with the call that made them `many`, or with the last; a lack of capacity, throttling
    and faults of AWS say nothing about who calls.
    """
    rows = conn.execute(_REFUSED, {"tenant_id": tenant_id, "day": day, "many": many})
    return [
        RefusedRun(
            row.pop("count"),
            DayEvent(
                **row,
                resource_type="refused_call",
                resource_class=None,
                action="signal",
                resource_ids=(),
                quantity=0.0,
                hourly_cost=0.0,
                one_time_cost=0.0,
            ),
        )
        for row in rows
    ]


def load_state(
    conn: psycopg.Connection[Any], *, tenant_id: str, as_of: date
) -> tuple[DetectorState, str] | None:
    """The state at the end of a day and the settings' version it was folded under."""
    known = {key[2]: _recent[key] for key in list(_recent) if key[:2] == (tenant_id, as_of)}
    row = conn.execute(
        "SELECT folded_at, settings_version,"
        " CASE WHEN folded_at <> ALL(%s) THEN state::text END AS state"
        " FROM detector_state WHERE tenant_id = %s AND as_of = %s",
        [list(known), tenant_id, as_of],
    ).fetchone()
    if row is None:
        return None
    at, text = row["folded_at"], row["state"]
    state = known[at] if text is None else DetectorState.from_json(msgspec.json.decode(text))
    _remember((tenant_id, as_of, at), state)
    return state, row["settings_version"]


_recent: dict[tuple[str, date, datetime], DetectorState] = {}
"""The states that were folded or read last, by when they were folded: most are read again soon.

Nobody changes a state that was handed out.
"""
_MOST_RECENT = 2


def _remember(key: tuple[str, date, datetime], state: DetectorState) -> None:
    _recent.pop(key, None)
    _recent[key] = state
    for old in list(_recent)[:-_MOST_RECENT]:
        _recent.pop(old, None)


def save_state(
    conn: psycopg.Connection[Any],
    *,
    tenant_id: str,
    as_of: date,
    state: DetectorState,
    settings_version: str,
) -> datetime:
    """Keeps the state at the end of a day; returns when it was folded."""
    kept = Jsonb(state.to_json(), dumps=msgspec.json.encode)
    row = conn.execute(
        "INSERT INTO detector_state (tenant_id, as_of, settings_version, state)"
        " VALUES (%s, %s, %s, %s) ON CONFLICT (tenant_id, as_of) DO UPDATE SET"
        " settings_version = excluded.settings_version, state = excluded.state,"
        " folded_at = now() RETURNING folded_at",
        [tenant_id, as_of, f"{_FORMAT}:{settings_version}", kept],
    ).fetchone()
    at: datetime = (row or {})["folded_at"]
    _remember((tenant_id, as_of, at), state)
    return at


def folded_at(conn: psycopg.Connection[Any], *, tenant_id: str, day: date) -> datetime | None:
    """When a day was folded; None where it has not been."""
    row = conn.execute(
        "SELECT folded_at FROM detector_state WHERE tenant_id = %s AND as_of = %s",
        [tenant_id, day],
    ).fetchone()
    return row["folded_at"] if row else None


def is_as_folded(
    conn: psycopg.Connection[Any], *, tenant_id: str, day: date, folded_at: datetime
) -> bool:
    """Whether a day was last folded then, and has got no files and no other history since."""
    row = conn.execute(
        "SELECT FROM detector_state s WHERE tenant_id = %(tenant_id)s AND as_of = %(day)s"
        " AND folded_at = %(at)s"
        " AND NOT EXISTS (SELECT FROM trail_objects o WHERE o.tenant_id = s.tenant_id"
        "   AND o.day = s.as_of AND o.done_at > s.folded_at)"
        " AND NOT EXISTS (SELECT FROM resource_spans r WHERE r.tenant_id = s.tenant_id"
        "   AND r.partition_day = s.as_of AND r.derived_at > s.folded_at)",
        {"tenant_id": tenant_id, "day": day, "at": folded_at},
    ).fetchone()
    return row is not None


def decisions(conn: psycopg.Connection[Any], *, tenant_id: str) -> list[Decision]:
    """What people decided about patterns; of one pattern the last word counts."""
    rows = conn.execute(
        "SELECT DISTINCT ON (pattern) decision, decided_at, until, pattern FROM feedback"
        " WHERE tenant_id = %s AND pattern IS NOT NULL"
        " AND decision IN ('expected', 'snoozed', 'reopened')"
        " ORDER BY pattern, feedback_id DESC",
        [tenant_id],
    )
    return [
        Decision(row["decision"], row["decided_at"], row["until"], **row["pattern"])
        for row in rows
        if row["decision"] != "reopened"
    ]


def expected_changes(
    conn: psycopg.Connection[Any], *, tenant_id: str, day: date
) -> list[ExpectedChange]:
    """The announced changes that may explain something on a day."""
    rows = conn.execute(
        "SELECT change_id::text AS id, since, until, account_id, actor, resource_type,"
        " resource_class, region, resources::float8 AS count, hourly_cost::float8 AS hourly_cost"
        " FROM expected_changes WHERE tenant_id = %s AND cancelled_at IS NULL"
        " AND until > %s::date - interval '1 day' AND since < %s::date + interval '1 day'"
        " ORDER BY change_id",
        [tenant_id, day, day],
    )
    return [ExpectedChange(**row) for row in rows]


def stale_days(
    conn: psycopg.Connection[Any], *, tenant_id: str, since: date, until: date
) -> list[date]:
    """Days with files whose state is missing, or older than what it was made from, in order."""
    rows = conn.execute(
        "SELECT o.day FROM trail_objects o LEFT JOIN detector_state s"
        " ON s.tenant_id = o.tenant_id AND s.as_of = o.day AND s.settings_version LIKE %s"
        " WHERE o.tenant_id = %s AND o.day BETWEEN %s AND %s AND o.state = 'done'"
        " GROUP BY o.day, s.folded_at"
        " HAVING s.folded_at IS NULL OR max(o.done_at) > s.folded_at OR EXISTS ("
        "   SELECT FROM resource_spans r WHERE r.tenant_id = %s AND r.partition_day = o.day"
        "   AND r.derived_at > s.folded_at)"
        " ORDER BY o.day",
        [f"{_FORMAT}:%", tenant_id, since, until, tenant_id],
    )
    return [row["day"] for row in rows]


def scored_after(conn: psycopg.Connection[Any], *, tenant_id: str, day: date) -> list[date]:
    """Later days that have files read: their anomalies follow from this day's."""
    rows = conn.execute(
        "SELECT DISTINCT day FROM trail_objects"
        " WHERE tenant_id = %s AND day > %s AND state = 'done' ORDER BY day",
        [tenant_id, day],
    )
    return [row["day"] for row in rows]


def scored_among(
    conn: psycopg.Connection[Any], *, tenant_id: str, days: Sequence[date]
) -> list[date]:
    """Which of some days a live run has scored before: their anomalies may have changed."""
    rows = conn.execute(
        "SELECT DISTINCT a.day FROM anomalies a JOIN anomaly_detections d ON d.anomaly_id = a.id"
        " WHERE a.tenant_id = %s AND a.day = ANY(%s) ORDER BY 1",
        [tenant_id, list(days)],
    )
    return [row["day"] for row in rows]
