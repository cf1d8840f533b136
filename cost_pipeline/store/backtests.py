"""What the last days would have raised under other thresholds, beside what they did raise."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

import psycopg

from cost_pipeline.core.detection_model import Anomaly, DetectionSettings, DetectorState
from cost_pipeline.core.replay import PastDay, replay
from cost_pipeline.store import detection, event_columns

_RAISED = """
SELECT id, title, severity, trigger_event_time, account_id, actor, resource_type,
  hourly_cost::float8 AS hourly_cost, one_time_cost::float8 AS one_time_cost,
  ARRAY(SELECT cost_event_id FROM anomaly_events e
    WHERE e.tenant_id = a.tenant_id AND e.anomaly_id = a.id) AS events
FROM anomalies a
WHERE tenant_id = %s AND day BETWEEN %s AND %s AND withdrawn_at IS NULL
ORDER BY trigger_event_time, id
"""


@dataclass(frozen=True, slots=True)
class Outcome:
    """One anomaly of a backtest: `now` was raised, `then` would be under the other thresholds."""

    id: UUID
    title: str
    severity: str
    account_id: str
    actor: str
    resource_type: str
    trigger_event_time: datetime
    hourly_cost: float
    one_time_cost: float
    now: bool
    then: bool


def backtest(
    conn: psycopg.Connection[Any],
    *,
    tenant_id: str,
    settings: DetectionSettings,
    since: date,
    until: date,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> list[Outcome]:
    """The anomalies of some days as they are and as they would be, in order of time.

    Anomalies that share an event are the same one. Nothing is written but a temporary table.

    Args:
        conn: a transaction of the tenant.
        tenant_id: whose days.
        settings: the other thresholds.
        since: the first day.
        until: the last day.
        progress: told how many days of how many are done.
    """
    found = detection.load_state(conn, tenant_id=tenant_id, as_of=since - timedelta(days=1))
    results = replay(
        _days(conn, tenant_id, since, until, settings.refused_calls, progress),
        found[0] if found else DetectorState(),
        settings,
        detection.decisions(conn, tenant_id=tenant_id),
        tenant_id=tenant_id,
    )
    then = [anomaly for result in results for anomaly in result.anomalies]
    now = conn.execute(_RAISED, [tenant_id, since, until]).fetchall()
    outcomes = [*_kept(now, then), *_added(now, then)]
    return sorted(outcomes, key=lambda one: (one.trigger_event_time, one.id))


def newest_day(conn: psycopg.Connection[Any], *, tenant_id: str) -> date | None:
    """The last day that the detector has folded, None where there is none."""
    row = conn.execute(
        "SELECT max(as_of) AS day FROM detector_state WHERE tenant_id = %s", [tenant_id]
    ).fetchone()
    return row["day"] if row else None


def _days(
    conn: psycopg.Connection[Any],
    tenant_id: str,
    since: date,
    until: date,
    many: int,
    progress: Callable[[int, int], None],
) -> Iterator[PastDay]:
    total = (until - since).days + 1
    for number in range(total):
        progress(number, total)
        day = since + timedelta(days=number)
        yield PastDay(
            day,
            event_columns.load(conn, tenant_id=tenant_id, day=day),
            detection.refused_calls(conn, tenant_id=tenant_id, day=day, many=many),
            detection.expected_changes(conn, tenant_id=tenant_id, day=day),
        )
    progress(total, total)


def _kept(now: list[dict[str, Any]], then: list[Anomaly]) -> Iterator[Outcome]:
    """What was raised, and whether it still would be."""
    would = {part.cost_event_id for anomaly in then for part in anomaly.events}
    for row in now:
        events = row.pop("events")
        yield Outcome(**row, now=True, then=bool(would & set(events)))
        row["events"] = events


def _added(now: list[dict[str, Any]], then: list[Anomaly]) -> Iterator[Outcome]:
    """What would be raised, and was not."""
    was = {event for row in now for event in row["events"]}
    for one in then:
        if was & {part.cost_event_id for part in one.events}:
            continue
        yield Outcome(
            id=one.id,
            title=one.title,
            severity=one.severity,
            account_id=one.account_id,
            actor=one.actor,
            resource_type=one.resource_type,
            trigger_event_time=one.trigger.event_time,
            hourly_cost=one.hourly_cost,
            one_time_cost=one.one_time_cost,
            now=False,
            then=True,
        )
