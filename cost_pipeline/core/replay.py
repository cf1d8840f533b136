"""Past days judged again under other thresholds: what they would have raised."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from cost_pipeline.core.day_columns import DayColumns
from cost_pipeline.core.detection_model import (
    DayEvent,
    DayResult,
    Decision,
    DetectionSettings,
    DetectorState,
    RefusedRun,
)
from cost_pipeline.core.expected import ExpectedChange
from cost_pipeline.core.incidents import detect_day


@dataclass(frozen=True, slots=True)
class PastDay:
    """What a day was judged by: its events, what AWS refused, and what was announced."""

    day: date
    events: Sequence[DayEvent] | DayColumns
    refused: Sequence[RefusedRun]
    expected: Sequence[ExpectedChange] = ()


def replay(
    days: Iterable[PastDay],
    state: DetectorState,
    settings: DetectionSettings,
    decisions: Sequence[Decision],
    *,
    tenant_id: str = "default",
) -> Iterator[DayResult]:
    """What each day comes to under some thresholds, in order; nothing is written anywhere.

    `state` is what was remembered when the first day began, and is not changed.
    """
    for one in days:
        result = detect_day(
            one.events,
            {},
            state,
            settings,
            decisions,
            one.day,
            tenant_id=tenant_id,
            refused=one.refused,
            expected=one.expected,
        )
        state = result.state
        yield result
