"""What days came to when they were folded, for as long as nothing that it follows from changes.

A backfill folds its days (for the baselines) and then scores them (for the anomalies): both ask
what each day comes to, and the second time the answer is at hand.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any

import psycopg

from cost_pipeline.core.detection_model import (
    DayResult,
    Decision,
    DetectionSettings,
    DetectorState,
    RefusedRun,
)
from cost_pipeline.core.expected import ExpectedChange
from cost_pipeline.store import detection

_MOST_DAYS = 100
_ONE_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What a day's result follows from, beside its events: with the fold of the day before."""

    thresholds: DetectionSettings
    day_before: datetime | None
    decisions: list[Decision]
    expected: list[ExpectedChange]
    refused: list[RefusedRun]


def circumstances(
    conn: psycopg.Connection[Any], tenant_id: str, day: date, thresholds: DetectionSettings
) -> Circumstances:
    """Those of a day as they are now."""
    return Circumstances(
        thresholds,
        detection.folded_at(conn, tenant_id=tenant_id, day=day - _ONE_DAY),
        detection.decisions(conn, tenant_id=tenant_id),
        detection.expected_changes(conn, tenant_id=tenant_id, day=day),
        detection.refused_calls(conn, tenant_id=tenant_id, day=day, many=thresholds.refused_calls),
    )


_Fold = tuple[datetime, Circumstances, DayResult]
_folded: dict[tuple[str, date], _Fold] = {}


def keep(
    tenant_id: str, day: date, folded_at: datetime, around: Circumstances, result: DayResult
) -> None:
    """Keeps what a day came to in a fold, without the state, which the database has."""
    while len(_folded) >= _MOST_DAYS:
        _folded.pop(next(iter(_folded)), None)
    _folded[tenant_id, day] = (folded_at, around, replace(result, state=DetectorState()))


def take(
    conn: psycopg.Connection[Any], tenant_id: str, day: date, around: Circumstances
) -> DayResult | None:
    """What the day came to when it was folded; None where that may not hold any more."""
    kept = _folded.pop((tenant_id, day), None)
    if kept is None:
        return None
    folded_at, circumstances_then, result = kept
    if circumstances_then != around:
        return None
    fresh = detection.is_as_folded(conn, tenant_id=tenant_id, day=day, folded_at=folded_at)
    return result if fresh else None
