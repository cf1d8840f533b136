"""What other thresholds would have raised on days that are past; nothing is written."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

import psycopg

from cost_pipeline.core.detection_model import Anomaly, DetectorState
from cost_pipeline.core.detection_settings import DetectionSettings
from cost_pipeline.core.incidents import detect_day
from cost_pipeline.store import baselines, detection, event_columns

DAYS = 30


@dataclass(frozen=True, slots=True)
class Raised:
    """An anomaly as some thresholds would have raised it, and its day."""

    day: date
    anomaly: Anomaly


def raised(
    conn: psycopg.Connection[dict[str, object]],
    *,
    tenant_id: str,
    until: date,
    thresholds: Mapping[str, DetectionSettings],
    days: int = DAYS,
    note: Callable[[int, int], None] = lambda done, total: None,
) -> dict[str, list[Raised]]:
    """What each of some thresholds would have raised on the days up to `until`.

    Each starts from what the detector remembered before the first day, and then remembers what
    it itself saw. What people decided and announced holds as it does now.

    Args:
        conn: a transaction of the tenant.
        tenant_id: whose days.
        until: the last day.
        thresholds: by a name of the caller's.
        days: how many.
        note: told how many days are done, of how many.
    """
    first = until - timedelta(days=days - 1)
    kept = detection.load_state(conn, tenant_id=tenant_id, as_of=first - timedelta(days=1))
    states = dict.fromkeys(thresholds, kept[0] if kept else DetectorState())
    found: dict[str, list[Raised]] = {name: [] for name in thresholds}
    decisions = detection.decisions(conn, tenant_id=tenant_id)
    for number in range(days):
        day = first + timedelta(days=number)
        events = event_columns.load(conn, tenant_id=tenant_id, day=day)
        usual = baselines.load(conn, tenant_id=tenant_id, as_of=day - timedelta(days=1))
        refused = detection.refused_calls(conn, tenant_id=tenant_id, day=day)
        expected = detection.expected_changes(conn, tenant_id=tenant_id, day=day)
        for name, settings in thresholds.items():
            result = detect_day(
                events,
                usual,
                states[name],
                settings,
                decisions,
                day,
                tenant_id=tenant_id,
                refused=refused,
                expected=expected,
            )
            states[name] = result.state
            found[name] += [Raised(day, anomaly) for anomaly in result.anomalies]
        note(number + 1, days)
    return found
